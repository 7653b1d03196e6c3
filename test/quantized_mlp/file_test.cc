// Tests of how files are written and read. They are read once, and replaced as a whole with the mode that they had,
// whatever killed runs left behind.
#include "support/file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "data/csv.h"
#include "data/dataset.h"
#include "doctest/doctest.h"
#include "evaluation/measure.h"
#include "fixtures.h"
#include "model_files/model_file.h"
#include "model_files/network_tensors.h"
#include "model_files/packed_file.h"
#include "model_files/safetensors.h"

namespace quantized_mlp {
namespace {

mode_t ModeOf(const std::string& path) {
  struct stat status = {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

// Returns what `read` makes of a pipe with this name, through which `bytes` come.
template <class Read>
auto ReadThroughPipe(const std::string& pipe, const std::string& bytes, const Read& read) {
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { WriteFile(pipe, bytes); });
  const auto result = read(pipe);
  writer.join();
  unlink(pipe.c_str());
  return result;
}

TEST_CASE("Files: a disk that is full leaves what was there, and nothing else") {
  const TemporaryFolder folder;
  WriteFile(folder / "a", "before");
  // A limit on the size of files stands for a full disk: a write beyond it fails in the same way.
  struct rlimit limit = {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlim_t before = limit.rlim_cur;
  signal(SIGXFSZ, SIG_IGN);
  limit.rlim_cur = 1000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  const std::string error = ErrorOf([&] { WriteFile(folder / "a", std::string(5000, 'x')); });
  const std::string new_error = ErrorOf([&] { WriteFile(folder / "b", std::string(5000, 'x')); });
  limit.rlim_cur = before;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(error.find("cannot write " + (folder / "a")) == 0);
  CHECK(new_error.find("cannot write " + (folder / "b")) == 0);
  CHECK(ReadFile(folder / "a") == "before");
  CHECK(folder.num_files() == 1);
  if (std::filesystem::exists("/dev/full")) {
    CHECK(ErrorOf([] { WriteFile("/dev/full", "x"); }) == "cannot write /dev/full: No space left on device");
    CHECK(std::filesystem::is_character_file("/dev/full"));
  }
}

TEST_CASE("Files: written through links, into folders that are not there, read as a folder") {
  const TemporaryFolder folder;
  WriteFile(folder / "a", "1");
  std::filesystem::create_symlink(folder / "a", folder / "link");
  WriteFile(folder / "link", "2");
  CHECK(ReadFile(folder / "a") == "2");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(ErrorOf([&] { WriteFile(folder / "none/a", "1"); }).find("cannot write") == 0);
  CHECK(ErrorOf([&] { WriteFile(folder / ".", "1"); }).find("cannot write") == 0);
  CHECK(ErrorOf([&] { CheckWritable(folder / "none/a"); }).find("cannot write") == 0);
  CHECK(ErrorOf([&] { CheckWritable(folder / "."); }).find("cannot write") == 0);
  CheckWritable(folder / "a");
  CheckWritable(folder / "b");
  CHECK(ErrorOf([&] { ReadFile(folder / "."); }).find("cannot") == 0);
  CHECK(ErrorOf([&] { ReadMaybeGzip(folder / "."); }).find("cannot") == 0);
  CHECK(ErrorOf([&] { ReadFile(folder / "none"); }).find("No such file") != std::string::npos);
  CHECK(folder.num_files() == 2);
}

TEST_CASE("Files: links are followed, to files that are not there yet as well") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "inner");
  std::filesystem::create_symlink("inner/two", folder / "one");
  std::filesystem::create_symlink("../file", folder / "inner/two");
  for (const std::string bytes : {"new", "replaced"}) {
    WriteFile(folder / "one", bytes);
    CHECK(ReadFile(folder / "file") == bytes);
    CHECK(std::filesystem::is_symlink(folder / "one"));
    CHECK(std::filesystem::is_symlink(folder / "inner/two"));
  }
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK(ErrorOf([&] { WriteFile(folder / "loop", "1"); }).find("cannot write " + (folder / "loop")) == 0);
  CHECK(std::filesystem::is_symlink(folder / "loop"));
}

TEST_CASE("Files: what killed runs left is in nobody's way, nor is a long name") {
  const TemporaryFolder folder;
  // One is named after this very process, one as temporary files are named now.
  WriteFile(folder / ("a." + std::to_string(getpid()) + ".tmp"), "left");
  WriteFile(folder / ".quantized_mlp.AAAAAA", "left");
  WriteFile(folder / "a", "1");
  CheckWritable(folder / "a");
  CHECK(ReadFile(folder / "a") == "1");
  CHECK(folder.num_files() == 3);
  WriteFile(folder / std::string(255, 'n'), "1");  // as long as a name may be
  CHECK(folder.num_files() == 4);
}

TEST_CASE("Files: a file that is replaced keeps its mode, a new one gets what the umask leaves") {
  const TemporaryFolder folder;
  const mode_t before = umask(027);
  WriteFile(folder / "new", "1");
  umask(022);
  WriteFile(folder / "newer", "1");
  CHECK(ModeOf(folder / "new") == 0640);
  CHECK(ModeOf(folder / "newer") == 0644);
  for (const mode_t mode : {mode_t{0600}, mode_t{0664}, mode_t{0755}, mode_t{0400}}) {
    REQUIRE(chmod((folder / "new").c_str(), mode) == 0);
    CheckWritable(folder / "new");
    WriteFile(folder / "new", "2");
    CHECK(ModeOf(folder / "new") == mode);
  }
  if (getuid() == 0) {
    REQUIRE(chown((folder / "new").c_str(), 1234, 5678) == 0);
    WriteFile(folder / "new", "3");
    struct stat status = {};
    REQUIRE(stat((folder / "new").c_str(), &status) == 0);
    CHECK(status.st_uid == 1234);
    CHECK(status.st_gid == 5678);
  }
  umask(before);
}

TEST_CASE("Files: networks and data come through a pipe as from a file") {
  const TemporaryFolder folder;
  const Dataset images = MakeImages(20, 4, 9);
  isoquant::Context context;
  const Int8Model int8 = MakeInt8Network(true);
  QuantizedMlp direct(context, int8);
  const std::vector<float> expected = RunInBatches(context, direct, images.images(), 20);
  for (const std::string& bytes : {FormatPacked(direct), FormatSafetensors(ToTensors(int8))}) {
    CHECK(ReadThroughPipe(folder / "pipe", bytes, [&](const std::string& path) {
            Model model = LoadModel(context, path);
            return RunInBatches(context, *model.int8, images.images(), 20);
          }) == expected);
  }
  CHECK(ReadThroughPipe(folder / "pipe", Gzip(MakeCsv(images)),
                        [](const std::string& path) { return LoadImages(path, {}).pixels; }) == images.pixels);
  const auto error = [&](const std::string& path) { return ErrorOf([&] { LoadModel(context, path); }); };
  CHECK(ReadThroughPipe(folder / "pipe", "", error) == (folder / "pipe") + ": too short for a safetensors file");
  CHECK(IsStream("/dev/null"));
  CHECK(!IsStream(folder / "."));
  CHECK(!IsStream(folder / "none"));
}

}  // namespace
}  // namespace quantized_mlp
