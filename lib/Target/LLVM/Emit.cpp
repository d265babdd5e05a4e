//===- Emit.cpp - Write objects and libraries -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/Emit.h"
#include "CodeGen.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

void lathe::emitLLVMIR(const NativeModule &module, llvm::raw_ostream &os) {
  module.code->print(os, /*AAW=*/nullptr);
}

static Error emitCode(const NativeModule &module, llvm::TargetMachine &machine,
                      llvm::CodeGenFileType type, const WeightsBlob *weights,
                      llvm::raw_ostream &os) {
  llvm::SmallString<0> bytes;
  if (Error error = lathe::detail::generateCode(*module.code, machine, type,
                                                weights, bytes))
    return error;
  os << bytes;
  return Error::success();
}

Error lathe::emitAssembly(const NativeModule &module,
                          llvm::TargetMachine &machine, llvm::raw_ostream &os) {
  return emitCode(module, machine, llvm::CodeGenFileType::AssemblyFile,
                  /*weights=*/nullptr, os);
}

Error lathe::emitObject(const NativeModule &module,
                        llvm::TargetMachine &machine, llvm::raw_ostream &os) {
  return emitCode(module, machine, llvm::CodeGenFileType::ObjectFile,
                  &module.weights, os);
}

Error lathe::emitWeightsObject(const WeightsBlob &weights,
                               llvm::TargetMachine &machine,
                               llvm::raw_ostream &os) {
  llvm::SmallString<0> bytes;
  if (Error error = lathe::detail::writeWeights(weights, machine, bytes))
    return error;
  os << bytes;
  return Error::success();
}

static StringRef getBytes(const ObjectFile &object) {
  return StringRef(object.bytes.data(), object.bytes.size());
}

Error lathe::emitArchive(llvm::ArrayRef<ObjectFile> objects,
                         llvm::raw_ostream &os) {
  std::vector<llvm::NewArchiveMember> members;
  for (const ObjectFile &object : objects)
    members.emplace_back(llvm::MemoryBufferRef(getBytes(object), object.name));
  return llvm::writeArchiveToStream(
      os, members, llvm::SymtabWritingMode::NormalSymtab,
      llvm::object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false);
}

//===----------------------------------------------------------------------===//
// Shared libraries
//===----------------------------------------------------------------------===//

namespace {

/// A program that links, and whether it is one that takes gcc's flags.
struct Linker {
  std::string path;
  bool isDriver;
};

/// The triple that Debian and others put before the names of cross compilers.
std::string getDriverPrefix(const llvm::Triple &triple) {
  return (triple.getArchName() + "-" + triple.getOSName() + "-" +
          triple.getEnvironmentName() + "-")
      .str();
}

Expected<Linker> findLinker(const llvm::Triple &triple, StringRef given) {
  std::string prefix = getDriverPrefix(triple);
  llvm::SmallVector<std::string> drivers;
  if (!given.empty())
    drivers = {given.str()};
  else if (triple.getArch() == llvm::Triple(LLVM_HOST_TRIPLE).getArch())
    drivers = {"cc", "gcc", "clang"};
  else
    drivers = {prefix + "gcc"};
  for (StringRef name : drivers)
    if (auto path = llvm::sys::findProgramByName(name))
      return Linker{*path, /*isDriver=*/true};
  if (!given.empty())
    return llvm::createStringError("cannot find the linker '" + given + "'");
  for (StringRef name : {"ld.lld", "ld.lld-22"})
    if (auto path = llvm::sys::findProgramByName(name))
      return Linker{*path, /*isDriver=*/false};
  return llvm::createStringError(
      "a shared library needs a linker: none of " + llvm::join(drivers, ", ") +
      ", ld.lld is on PATH; install one, or emit a static library");
}

/// A file that is removed at the end of its scope.
class TemporaryFile {
public:
  static Expected<TemporaryFile> create(StringRef suffix) {
    llvm::SmallString<128> path;
    if (std::error_code code =
            llvm::sys::fs::createTemporaryFile("lathe", suffix, path))
      return llvm::createStringError(code, "cannot make a temporary file");
    return TemporaryFile(path);
  }
  TemporaryFile(TemporaryFile &&other) : path(std::move(other.path)) {
    other.path.clear();
  }
  ~TemporaryFile() {
    if (!path.empty())
      llvm::sys::fs::remove(path);
  }
  StringRef getPath() const { return path; }

private:
  explicit TemporaryFile(StringRef path) : path(path) {}
  std::string path;
};

/// Runs a program; if it fails, the error has what it wrote.
Error runProgram(llvm::ArrayRef<StringRef> command) {
  Expected<TemporaryFile> log = TemporaryFile::create("log");
  if (!log)
    return log.takeError();
  std::string message;
  int status = llvm::sys::ExecuteAndWait(
      command.front(), command, /*Env=*/std::nullopt,
      {StringRef(""), log->getPath(), log->getPath()}, /*SecondsToWait=*/0,
      /*MemoryLimit=*/0, &message);
  if (status == 0)
    return Error::success();
  if (auto output = llvm::MemoryBuffer::getFile(log->getPath()))
    message += (*output)->getBuffer().rtrim();
  return llvm::createStringError(command.front() + " failed: " + message);
}

Error writeFile(StringRef path, StringRef bytes) {
  std::error_code code;
  llvm::raw_fd_ostream os(path, code);
  if (!code) {
    os << bytes;
    os.close();
    code = os.error();
    os.clear_error();
  }
  if (code)
    return llvm::createStringError(code, "cannot write " + path + ": " +
                                             code.message());
  return Error::success();
}

} // namespace

Error lathe::emitSharedLibrary(NativeModule &module,
                               llvm::TargetMachine &machine, StringRef path,
                               StringRef linker) {
  Expected<Linker> found = findLinker(machine.getTargetTriple(), linker);
  if (!found)
    return found.takeError();
  auto objects = compileObjects(module, machine);
  if (!objects)
    return objects.takeError();
  std::vector<TemporaryFile> files;
  for (ObjectFile &object : *objects) {
    Expected<TemporaryFile> file = TemporaryFile::create("o");
    if (!file)
      return file.takeError();
    if (Error error = writeFile(file->getPath(), getBytes(object)))
      return error;
    files.push_back(std::move(*file));
    // The linker needs memory too.
    object.bytes = {};
  }
  llvm::SmallVector<StringRef> command = {found->path, "-shared", "-o", path};
  for (const TemporaryFile &file : files)
    command.push_back(file.getPath());
  // A build id would depend on the linker's version.
  if (found->isDriver) {
    command.append({"-Wl,--build-id=none", "-lm"});
    if (module.usesOpenMP)
      command.push_back("-fopenmp");
  } else {
    command.push_back("--build-id=none");
  }
  return runProgram(command);
}
