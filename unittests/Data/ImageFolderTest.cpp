//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestFiles.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::StringRef;

namespace {

/// A gray image of one value.
std::string makePng(uint8_t value) { return encodePng(Image(4, 4, 1, value)); }

const DatasetOptions bytes4x4 = makeOptions({1, 1, 4, 4}, ElementKind::UI8);

/// The first pixel of each sample, and its label after a colon if it has one.
std::vector<std::string> summarize(StringRef path,
                                   const DatasetOptions &options) {
  return summarizeWith(path, options, [](const Sample &sample) {
    return std::to_string(sample.inputs.begin()->second.getInt(0));
  });
}

using Summary = std::vector<std::string>;

TEST(ImageFolder, SamplesComeInTheOrderOfNames) {
  TestFolder folder;
  folder.write("b.png", makePng(2));
  folder.write("a.PNG", makePng(1));
  folder.write("c.pgm", encodePnm(Image(4, 4, 1, 3)));
  folder.write(".hidden.png", "");
  folder.write("README.txt", "of no interest");
  EXPECT_EQ(summarize(folder.getPath(), bytes4x4), (Summary{"1", "2", "3"}));
}

TEST(ImageFolder, OneImageIsADataSet) {
  TestFolder folder;
  EXPECT_EQ(summarize(folder.write("a.png", makePng(9)), bytes4x4),
            (Summary{"9"}));
}

TEST(ImageFolder, ACsvFileGivesClassesAndTheirNames) {
  TestFolder folder;
  folder.write("a.png", makePng(1));
  folder.write("b.png", makePng(2));
  folder.write("labels.csv",
               "file,label,name\nb.png,0,cat\n\"a.png\", 2, \"dog, small\"\n");
  EXPECT_EQ(summarize(folder.getPath(), bytes4x4), (Summary{"1:2", "2:0"}));
  auto dataset = Dataset::open(folder.getPath(), bytes4x4);
  ASSERT_TRUE(bool(dataset));
  EXPECT_EQ((*dataset)->getClassNames(),
            (llvm::ArrayRef<std::string>{"cat", "", "dog, small"}));
}

TEST(ImageFolder, ACsvFileMayLieElsewhereAndHaveNoHeader) {
  TestFolder folder;
  folder.write("images/a.png", makePng(1));
  DatasetOptions options = bytes4x4;
  options.labelsPath = folder.write("classes.csv", "a.png,7");
  EXPECT_EQ(summarize(folder.getPath("images"), options), (Summary{"1:7"}));
}

TEST(ImageFolder, LabelsThatDoNotMatchTheImagesAreErrors) {
  TestFolder folder;
  folder.write("a.png", makePng(1));
  const std::string csv = folder.write("labels.csv", "a.png,1\nb.png,2\n");
  EXPECT_EQ(getOpenError(folder.getPath(), bytes4x4),
            "'" + csv +
                "': there is no image 'b.png'; remove its line, or add the "
                "image");
  folder.write("b.png", makePng(1));
  folder.write("c.png", makePng(1));
  EXPECT_EQ(getOpenError(folder.getPath(), bytes4x4),
            "'" + csv +
                "': it has no line for the image 'c.png'; add one, or move the "
                "image away");
  folder.write("labels.csv", "file,label\na.png,cat\n");
  EXPECT_EQ(getOpenError(folder.getPath(), bytes4x4),
            csv + ":2: 'cat' is no class number; a line is FILE,CLASS");
  folder.write("labels.csv", "a.png,1\na.png,2\n");
  EXPECT_EQ(getOpenError(folder.getPath(), bytes4x4),
            csv + ":2: 'a.png' has a class already");
  folder.write("labels.csv", "a.png,-1\n");
  EXPECT_EQ(getOpenError(folder.getPath(), bytes4x4),
            csv + ":1: class -1 is not between 0 and 1048575");
  folder.write("labels.csv", "file,label\n");
  EXPECT_EQ(getOpenError(folder.getPath(), bytes4x4),
            "'" + csv + "': it has no line FILE,CLASS");
}

TEST(ImageFolder, FoldersAreClassesInTheOrderOfTheirNames) {
  TestFolder folder;
  folder.write("dog/a.png", makePng(1));
  folder.write("cat/b.png", makePng(2));
  folder.write("cat/a.png", makePng(3));
  EXPECT_EQ(summarize(folder.getPath(), bytes4x4),
            (Summary{"3:0", "2:0", "1:1"}));
}

TEST(ImageFolder, FoldersWhoseNamesAreNumbersAreThoseClasses) {
  TestFolder folder;
  folder.write("10/a.png", makePng(1));
  folder.write("2/a.png", makePng(2));
  EXPECT_EQ(summarize(folder.getPath(), bytes4x4), (Summary{"1:10", "2:2"}));
}

TEST(ImageFolder, YoloBoxesAreInPixelsOfTheImage) {
  TestFolder folder;
  folder.write("images/a.png", encodePng(Image(40, 20, 3)));
  folder.write("images/b.png", encodePng(Image(40, 20, 3)));
  folder.write("labels/a.txt", "3 0.5 0.25 0.5 0.1\n0 0.5 0.5 1 1\n");
  folder.write("labels/classes.txt", "person\n");
  auto dataset = Dataset::open(folder.getPath(), makeOptions({1, 3, 8, 8}));
  ASSERT_TRUE(bool(dataset)) << getMessage(dataset);
  EXPECT_TRUE((*dataset)->hasBoxes());
  llvm::Expected<Sample> sample = (*dataset)->read(0);
  ASSERT_TRUE(bool(sample)) << getMessage(sample);
  ASSERT_TRUE(sample->boxes && sample->boxes->size() == 2);
  const Box &box = sample->boxes->front();
  EXPECT_EQ(box.classIndex, 3);
  EXPECT_DOUBLE_EQ(box.left, 5);
  EXPECT_DOUBLE_EQ(box.right, 15);
  EXPECT_DOUBLE_EQ(box.top, 8);
  EXPECT_DOUBLE_EQ(box.bottom, 12);
  // No file: no objects.
  sample = (*dataset)->read(1);
  ASSERT_TRUE(bool(sample)) << getMessage(sample);
  EXPECT_TRUE(sample->boxes && sample->boxes->empty());
}

TEST(ImageFolder, YoloLabelsThatDoNotMatchAreErrors) {
  TestFolder folder;
  folder.write("images/a.png", makePng(1));
  const std::string labels = folder.write("labels/a.txt", "1 0.5 0.5 2 1\n");
  EXPECT_EQ(summarize(folder.getPath(), bytes4x4),
            (Summary{labels + ":1: '1 0.5 0.5 2 1' is not CLASS X Y WIDTH "
                              "HEIGHT with the centre and the size between 0 "
                              "and 1"}));
  const std::string orphan = folder.write("labels/b.txt", "");
  EXPECT_EQ(getOpenError(folder.getPath(), bytes4x4),
            "'" + orphan + "': there is no image of this name in '" +
                folder.getPath("images") + "'");
}

TEST(ImageFolder, FoldersThatCannotBeReadAsOneAreErrors) {
  TestFolder folder;
  const std::string path = folder.getPath();
  EXPECT_TRUE(StringRef(getOpenError(path, bytes4x4))
                  .starts_with("'" + path + "': the folder has no data; give"));
  folder.write("a.png", makePng(1));
  folder.write("cat/b.png", makePng(1));
  EXPECT_EQ(getOpenError(path, bytes4x4),
            "'" + path +
                "': it mixes images and folders of images ('cat'); move each "
                "image into the folder of its class");
  folder.write("x.npy", "");
  EXPECT_EQ(getOpenError(path, bytes4x4),
            "'" + path +
                "': it mixes kinds: 'a.png' is an image, 'x.npy' is an array; "
                "keep one kind in the folder, or open a file");
  const std::string bmp = folder.write("c.bmp", "BM");
  EXPECT_EQ(getOpenError(path, bytes4x4),
            "'" + bmp +
                "': it is no JPEG, PNG or binary PGM or PPM image; convert it");
  TestFolder classes;
  classes.write("cat/a.png", makePng(1));
  classes.write("dog/notes.txt", "");
  EXPECT_EQ(getOpenError(classes.getPath(), bytes4x4),
            "'" + classes.getPath("dog") +
                "': this class has no image; remove the folder, or add JPEG or "
                "PNG files");
}

TEST(ImageFolder, AnImageThatDoesNotDecodeIsNamedAndOthersAreRead) {
  TestFolder folder;
  const std::string bad = folder.write("a.png", "no image at all");
  folder.write("b.png", makePng(4));
  EXPECT_EQ(summarize(folder.getPath(), bytes4x4),
            (Summary{"'" + bad +
                         "': it is no JPEG, PNG or binary PGM or PPM image; "
                         "convert it",
                     "4"}));
}

TEST(ImageFolder, ImagesAreForModelsWithOneInput) {
  TestFolder folder;
  folder.write("a.png", makePng(1));
  DatasetOptions options = bytes4x4;
  options.inputs.push_back(options.inputs[0]);
  EXPECT_EQ(getOpenError(folder.getPath(), options),
            "images are for models with one input, and this one has 2; use "
            ".npz files");
}

} // namespace
