//===- NetworkTest.cpp - Networks from files ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Network.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// A file with `text`, which goes with the object.
class NetworkFile {
public:
  explicit NetworkFile(llvm::StringRef text) {
    int descriptor = 0;
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("network", "yaml",
                                                    descriptor, path));
    llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/true);
    os << text;
  }
  ~NetworkFile() { llvm::sys::fs::remove(path); }

  /// The message of the error, without the file's name.
  std::string getError() const {
    llvm::Expected<Network> network = loadNetwork(path);
    EXPECT_FALSE(static_cast<bool>(network));
    if (network)
      return "";
    std::string message = llvm::toString(network.takeError());
    llvm::StringRef text = message;
    EXPECT_TRUE(text.consume_front(path)) << message;
    return text.str();
  }

  llvm::SmallString<128> path;
};

constexpr llvm::StringLiteral devices = R"(name: n
input: a
output: a
devices:
  - {name: a, target: cortex-m4}
  - {name: b, target: x86-64-v3}
)";

std::string withLinks(llvm::StringRef links) { return (devices + links).str(); }

TEST(NetworkTest, ExamplesAreNetworks) {
  auto thesis = loadNetwork(EXAMPLE_NETWORKS "/device-edge-cloud.yaml");
  ASSERT_TRUE(static_cast<bool>(thesis)) << llvm::toString(thesis.takeError());
  EXPECT_EQ(thesis->devices.size(), 3u);
  const NetworkLink *link = thesis->findLink(0, 2);
  ASSERT_NE(link, nullptr);
  EXPECT_DOUBLE_EQ(link->bandwidth, 5e6);
  EXPECT_DOUBLE_EQ(link->roundTripTime, 0.055);
  // What the radio draws as long as it sends.
  EXPECT_DOUBLE_EQ(link->sendPower, 3.507);
  EXPECT_DOUBLE_EQ(thesis->findLink(2, 0)->bandwidth, 1e8);

  auto node = loadNetwork(EXAMPLE_NETWORKS "/mcu-gateway-cloud.yaml");
  ASSERT_TRUE(static_cast<bool>(node)) << llvm::toString(node.takeError());
  // The board's own power.
  EXPECT_DOUBLE_EQ(node->devices[0].activePower, 0.01);
  EXPECT_EQ(node->devices[0].memory, 262144);
  EXPECT_EQ(node->findLink(0, 2), nullptr);
}

TEST(NetworkTest, ErrorsNameTheLine) {
  EXPECT_EQ(
      NetworkFile(
          withLinks("links:\n  - {between: [a, b], bandwidth: 5, rtt: 5 ms, "
                    "source: s}\n"))
          .getError(),
      ":8: '5' has no unit; give bytes per second, such as 5 MB/s; "
      "docs/networks.md has the keys of a network");
  EXPECT_EQ(NetworkFile(withLinks("links:\n  - {from: a, bandwidth: 5 MB/s, "
                                  "rtt: 5 ms, source: s}\n"))
                .getError(),
            ":8: a link has either 'between', with two devices, or 'from' and "
            "'to'; docs/networks.md has the keys of a network");
  EXPECT_NE(NetworkFile("name: n\n").getError().find("missing required key"),
            std::string::npos);
}

TEST(NetworkTest, OtherFilesAreNoNetworks) {
  constexpr llvm::StringLiteral remedy =
      "docs/networks.md has the keys of a network";
  for (llvm::StringRef text :
       {llvm::StringRef("\x08\x07\x12\x04pytorch\x00\xff", 14),
        llvm::StringRef(""), llvm::StringRef("just text"),
        llvm::StringRef("- a\n- b\n"), llvm::StringRef("{"),
        llvm::StringRef("name: n\ninput: a\noutput: a\ndevices: []\n")})
    EXPECT_TRUE(llvm::StringRef(NetworkFile(text).getError()).ends_with(remedy))
        << text.str();
}

TEST(NetworkTest, NamesStandForDevices) {
  constexpr llvm::StringLiteral figures =
      "bandwidth: 5 MB/s, rtt: 5 ms, source: s}\n";
  EXPECT_EQ(
      NetworkFile(withLinks(("links:\n  - {between: [a, c], " + figures).str()))
          .getError(),
      ": a link names 'c', which is none of the devices");
  EXPECT_EQ(NetworkFile(withLinks(("links:\n  - {between: [a, b], " + figures +
                                   "  - {from: b, to: a, " + figures)
                                      .str()))
                .getError(),
            ": the link from 'b' to 'a' stands twice");
  EXPECT_EQ(NetworkFile("name: n\ninput: x\noutput: a\ndevices:\n  - {name: a, "
                        "target: c99}\n")
                .getError(),
            ": 'input' names 'x', which is none of the devices");
  EXPECT_EQ(NetworkFile("name: n\ninput: a\noutput: a\ndevices:\n  - {name: a, "
                        "target: c99}\n  - {name: a, target: c99}\n")
                .getError(),
            ": device 'a' stands twice");
  EXPECT_NE(NetworkFile("name: n\ninput: a\noutput: a\ndevices:\n  - {name: a, "
                        "target: cortex-m9}\n")
                .getError()
                .find(": device 'a': "),
            std::string::npos);
}

TEST(NetworkTest, EveryDeviceIsReached) {
  EXPECT_EQ(NetworkFile(devices).getError(),
            ": no link leads to device 'b' from the input's; add one, or leave "
            "the device out");
  EXPECT_EQ(NetworkFile(withLinks("links:\n  - {from: a, to: b, bandwidth: 5 "
                                  "MB/s, rtt: 5 ms, source: s}\n"))
                .getError(),
            ": no link leads from device 'b' to the output's; add one, or "
            "leave the device out");
}

} // namespace
