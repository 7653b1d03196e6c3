// Tests of Context: which tier runs and why no better one, scratch memory, threads, and a steady state that allocates
// nothing.
//
// ISOQUANT_MAX_TIER and ISOQUANT_DISABLE may be set: what is expected is derived from what a fresh Context allows.
#include "isoquant/context.h"

#if defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "isoquant/isoquant.h"
#include "src/tier_names.h"
#include "test/sanitized.h"
#include "test/support.h"

#if defined(__GLIBC__) && !ISOQUANT_TEST_SANITIZED
#define ISOQUANT_TEST_COUNTS_ALLOCATIONS 1
#else
#define ISOQUANT_TEST_COUNTS_ALLOCATIONS 0
#endif

#if ISOQUANT_TEST_COUNTS_ALLOCATIONS
// Every allocation of this program comes through here: operator new and Highway's aligned memory end in malloc.
namespace {
thread_local size_t num_allocations = 0;
}  // namespace

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) noexcept {
  ++num_allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) noexcept {
  ++num_allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) noexcept {
  ++num_allocations;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  ++num_allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  ++num_allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 /* ENOMEM */ : 0;
}
}  // extern "C"
#endif  // ISOQUANT_TEST_COUNTS_ALLOCATIONS

namespace isoquant {
namespace {

std::vector<std::string> UsableTiers(const Context& context) {
  std::vector<std::string> names;
  for (const TierReport& report : ExplainTiers(context)) {
    if (report.usable) names.push_back(report.name);
  }
  return names;
}

bool IsAllowed(const Context& context, const std::string& tier) { return context.Allows(TierIndex(tier.c_str())); }

// What Explain says of these: the tier that runs and those above it, with their reasons; neighbours with one reason
// together.
std::string SentenceOf(const std::vector<TierReport>& reports) {
  std::vector<TierReport> usable;
  for (const TierReport& report : reports) {
    if (report.usable) usable.push_back(report);
  }
  REQUIRE(!usable.empty());
  std::string sentence = usable[0].name + " runs";
  if (!usable[0].shapes.empty()) sentence += " " + usable[0].shapes + ", " + usable[1].name + " on smaller shapes";
  for (size_t i = 0; !reports[i].usable;) {
    std::string names = reports[i].name;
    const size_t first = i;
    while (!reports[++i].usable && reports[i].reason == reports[first].reason) names += ", " + reports[i].name;
    sentence += "; " + names + (i - first == 1 ? " does not: " : " do not: ") + reports[first].reason;
  }
  return sentence;
}

// Each product has the tiers that report it, in the order of all tiers, and its sentence. Explain has each sentence
// once, and nothing else if all products have the same one.
void CheckProducts(const Context& context) {
  const std::vector<TierReport> all = ExplainTiers(context);
  const std::string ignored =
      context.environment_status().ok() ? "" : "; ignored: " + context.environment_status().ToString();
  const std::string explanation = Explain(context);
  std::vector<std::string> names, sentences;
  for (const ProductReport& product : CompiledProducts()) {
    CHECK(product.name == std::string(NameOf(product.a)) + " x " + NameOf(product.b));
    names.push_back(product.name);
    const std::vector<TierReport> reports = ExplainTiers(context, product.a, product.b);
    size_t i = 0;
    for (const TierReport& report : all) {
      if (std::find(report.products.begin(), report.products.end(), product.name) == report.products.end()) continue;
      REQUIRE(i < reports.size());
      CHECK(reports[i].name == report.name);
      CHECK(reports[i].target == report.target);
      CHECK(reports[i].usable == report.usable);
      CHECK(reports[i].reason == report.reason);
      ++i;
    }
    CHECK(i == reports.size());
    const std::string sentence = SentenceOf(reports);
    CHECK(Explain(context, product.a, product.b) == sentence + ignored);
    CHECK(explanation.find(sentence) != std::string::npos);
    if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) sentences.push_back(sentence);
  }
  if (sentences.size() == 1) CHECK(explanation == sentences[0] + ignored);
  for (const char* name : {"s8 x s8", "u8 x s8"}) CHECK(std::find(names.begin(), names.end(), name) != names.end());
  for (const TierReport& report : all) {
    CHECK(!report.products.empty());
    for (const std::string& name : report.products) CHECK(std::find(names.begin(), names.end(), name) != names.end());
  }

  const ElementType none = ElementType::kS4;
  CHECK(ExplainTiers(context, ElementType::kF32, none).empty());
  CHECK(Explain(context, ElementType::kF32, none) == "this library has no product f32 x s4" + ignored);
}

// What may run is what ExplainTiers says is usable, and the best of it runs.
void CheckConsistent(const Context& context) {
  const std::vector<TierReport> reports = ExplainTiers(context);
  const std::vector<std::string> usable = UsableTiers(context);
  REQUIRE(!usable.empty());
  CHECK(context.tier() == usable[0]);
  CHECK(context.targets() != 0);
  for (size_t i = 0; i < reports.size(); ++i) {
    CHECK(context.Allows(i) == reports[i].usable);
    CHECK(reports[i].reason.empty() == reports[i].usable);
    CHECK(TierIndex(reports[i].name.c_str()) == i);
  }
  for (const size_t none : {reports.size(), size_t{63}, size_t{64}, SIZE_MAX}) CHECK(!context.Allows(none));
  CheckProducts(context);
}

TEST_CASE("Context: tiers are listed best first, each once, the one without vectors last") {
  const Context context;
  CheckConsistent(context);
  const std::vector<TierReport> reports = ExplainTiers(context);
  for (size_t i = 0; i < reports.size(); ++i) CHECK(TierIndex(reports[i].name.c_str()) == i);  // no name twice
  CHECK(TierIndex("avx9") == SIZE_MAX);
  CHECK(TierIndex("") == SIZE_MAX);
  CHECK(TierIndex("AVX2") == SIZE_MAX);

  // Of the tiers that this build has, in this order.
  std::vector<std::string> known;
  for (const char* name : {"amx_int8", "avx512_vnni", "avx512bw", "avx_vnni_int8", "avx_vnni", "avx2", "sse4", "sse2",
                           "sve_i8mm", "sve_dot", "sve", "neon_i8mm", "neon_dotprod", "neon", "scalar"}) {
    if (TierIndex(name) != SIZE_MAX) known.push_back(name);
  }
  for (size_t i = 1; i < known.size(); ++i) CHECK(TierIndex(known[i - 1].c_str()) < TierIndex(known[i].c_str()));
}

TEST_CASE("Context: SetMaxTier removes what is better, and never gives back") {
  const Context fresh;
  const std::vector<std::string> all = UsableTiers(fresh);
  for (size_t cap = 0; cap < all.size(); ++cap) {
    Context context;
    ISOQUANT_CHECK_OK(context.SetMaxTier(all[cap].c_str()));
    CheckConsistent(context);
    CHECK(UsableTiers(context) == std::vector<std::string>(all.begin() + static_cast<ptrdiff_t>(cap), all.end()));
    for (size_t i = 0; i < cap; ++i) CHECK(ReasonOf(context, all[i]) == "capped by Context::SetMaxTier");

    for (const std::string& other : all) {  // better ones change nothing, worse ones narrow further
      const std::vector<std::string> before = UsableTiers(context);
      ISOQUANT_CHECK_OK(context.SetMaxTier(other.c_str()));
      CheckConsistent(context);
      for (const std::string& tier : UsableTiers(context)) {
        CHECK(std::find(before.begin(), before.end(), tier) != before.end());
      }
    }
    CHECK(UsableTiers(context) == std::vector<std::string>{all.back()});
  }

  // Targets narrow along with tiers: no kernel of a better target is dispatched to.
  std::vector<TierReport> usable = ExplainTiers(fresh);
  usable.erase(std::remove_if(usable.begin(), usable.end(), [](const TierReport& report) { return !report.usable; }),
               usable.end());
  for (size_t i = 1; i < usable.size(); ++i) {
    Context better, worse;
    ISOQUANT_CHECK_OK(better.SetMaxTier(usable[i - 1].name.c_str()));
    ISOQUANT_CHECK_OK(worse.SetMaxTier(usable[i].name.c_str()));
    const int64_t best_of_better = better.targets() & -better.targets();  // lower bits are better
    const int64_t best_of_worse = worse.targets() & -worse.targets();
    if (usable[i - 1].target == usable[i].target) {
      CHECK(best_of_better == best_of_worse);
    } else {
      CHECK(best_of_better < best_of_worse);
    }
  }

  // A tier that this machine cannot run is a name like any other.
  for (const TierReport& report : ExplainTiers(fresh)) {
    Context context;
    ISOQUANT_CHECK_OK(context.SetMaxTier(report.name.c_str()));
    CheckConsistent(context);
    CHECK(TierIndex(context.tier()) >= TierIndex(fresh.tier()));
  }
}

TEST_CASE("Context: Disable removes what it names, and never gives back") {
  const Context fresh;
  const std::vector<std::string> all = UsableTiers(fresh);
  for (size_t i = 0; i < all.size() && all.size() > 1; ++i) {
    Context context;
    ISOQUANT_CHECK_OK(context.Disable(all[i].c_str()));
    CheckConsistent(context);
    std::vector<std::string> expected = all;
    expected.erase(expected.begin() + static_cast<ptrdiff_t>(i));
    CHECK(UsableTiers(context) == expected);
    CHECK(ReasonOf(context, all[i]) == "removed by Context::Disable");

    ISOQUANT_CHECK_OK(context.Disable(""));
    ISOQUANT_CHECK_OK(context.Disable(","));
    CHECK(UsableTiers(context) == expected);
    if (i + 1 == all.size()) continue;
    ISOQUANT_CHECK_OK(context.SetMaxTier(all[i].c_str()));  // to cap at a tier that was removed does not bring it back
    CheckConsistent(context);
    CHECK(UsableTiers(context) == std::vector<std::string>(all.begin() + static_cast<ptrdiff_t>(i) + 1, all.end()));
  }

  if (all.size() > 3) {  // several at once, and again
    for (const char* separator : {",", ",,"}) {
      Context context;
      ISOQUANT_CHECK_OK(context.Disable((all[0] + separator + all[2]).c_str()));
      CheckConsistent(context);
      CHECK(context.tier() == all[1]);
      CHECK(!IsAllowed(context, all[2]));
      CHECK(IsAllowed(context, all[3]));
      ISOQUANT_CHECK_OK(context.Disable((all[1] + ",").c_str()));
      CHECK(context.tier() == all[3]);
      CHECK(!IsAllowed(context, all[0]));
    }
  }
}

TEST_CASE("Context: what one Context removes, another keeps") {
  const Context fresh;
  const std::vector<std::string> all = UsableTiers(fresh);
  Context narrow;
  ISOQUANT_CHECK_OK(narrow.SetMaxTier(all.back().c_str()));
  const Context after;
  CHECK(UsableTiers(fresh) == all);
  CHECK(UsableTiers(after) == all);
}

TEST_CASE("Context: the last tier is never removed") {
  const Context fresh;
  const std::vector<TierReport> reports = ExplainTiers(fresh);
  std::string names;
  for (const TierReport& report : reports) names += report.name + ",";

  Context at_once;
  ISOQUANT_CHECK_OK(at_once.Disable(names.c_str()));
  CheckConsistent(at_once);
  CHECK(UsableTiers(at_once).size() == 1);

  Context one_by_one;
  for (const TierReport& report : reports) {
    ISOQUANT_CHECK_OK(one_by_one.Disable(report.name.c_str()));
    CheckConsistent(one_by_one);
  }
  CHECK(std::string(one_by_one.tier()) == at_once.tier());

  Context capped;
  ISOQUANT_CHECK_OK(capped.SetMaxTier(reports.back().name.c_str()));
  ISOQUANT_CHECK_OK(capped.Disable(reports.back().name.c_str()));
  CheckConsistent(capped);
  CHECK(std::string(capped.tier()) == at_once.tier());

  // And it does run.
  const int8_t a = -128, b = -128;
  int32_t c = 0;
  ISOQUANT_CHECK_OK(MatMul(at_once, {&a, 1, 1}, KxN{{&b, 1, 1}}, {&c, 1, 1}));
  CHECK(c == 16384);
}

TEST_CASE("Context: a name that is no tier is reported, and the others count") {
  const Context fresh;
  const std::vector<std::string> all = UsableTiers(fresh);
  const std::string last = all.back();
  Context context;
  const auto check = [&](const Status& status, const std::string& argument, const std::string& name) {
    CHECK(status.code() == StatusCode::kUnknownTier);
    CHECK(std::string(status.argument()) == argument);
    CHECK(status.ToString() == argument + " names '" + name + "', which is no tier of this library");
    CHECK(UsableTiers(context) == all);
    CheckConsistent(context);
  };
  check(context.SetMaxTier("avx9"), "SetMaxTier", "avx9");
  check(context.SetMaxTier(""), "SetMaxTier", "");
  check(context.SetMaxTier(" ,\t"), "SetMaxTier", "");
  check(context.SetMaxTier((last + "x").c_str()), "SetMaxTier", (last + "x").substr(0, 16));
  check(context.Disable("avx9"), "Disable", "avx9");
  check(context.Disable("avx9;avx8"), "Disable", "avx9");
  check(context.Disable("amx_int"), "Disable", "amx_int");  // the beginning of a name
  check(context.Disable("a.x2"), "Disable", "a.x2");

  // A Status has no room for such a name: it is cut.
  const std::string endless(1000, 'x');
  check(context.SetMaxTier(endless.c_str()), "SetMaxTier", endless.substr(0, 16));
  check(context.Disable(endless.c_str()), "Disable", endless.substr(0, 16));

  // Beside names that are known.
  if (all.size() < 3) return;
  for (const std::string& names : {all[0] + ",avx9", "avx9," + all[0], endless + " " + all[0] + " avx9"}) {
    CAPTURE(names);
    Context other;
    CHECK(other.Disable(names.c_str()).code() == StatusCode::kUnknownTier);
    CHECK(UsableTiers(other) == std::vector<std::string>(all.begin() + 1, all.end()));
    CheckConsistent(other);
    CHECK(other.SetMaxTier(("avx9 " + all[2]).c_str()).ToString() ==
          "SetMaxTier names 'avx9', which is no tier of this library");
    CHECK(other.tier() == all[2]);
    CheckConsistent(other);
  }
}

// The same name as someone else might write it.
std::string InOtherLetters(std::string name) {
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '_') c = '-';
  }
  return name;
}

TEST_CASE("Context: names without case, with '-' for '_', separated by white space, commas or semicolons") {
  const std::vector<std::string> all = UsableTiers(Context());
  for (const std::string& name : all) {
    Context expected, context;
    ISOQUANT_CHECK_OK(expected.SetMaxTier(name.c_str()));
    ISOQUANT_CHECK_OK(context.SetMaxTier((" \n" + InOtherLetters(name) + "\t").c_str()));
    CHECK(UsableTiers(context) == UsableTiers(expected));
  }
  if (all.size() < 3) return;
  for (const char* separator : {", ", " ,", ";", " ", "\t", "\n", "\r\n", "\v\f", ",;, "}) {
    CAPTURE(separator);
    Context context;
    ISOQUANT_CHECK_OK(context.Disable((InOtherLetters(all[0]) + separator + all[1] + separator).c_str()));
    CHECK(context.tier() == all[2]);
    Context capped;  // all of several caps hold
    ISOQUANT_CHECK_OK(capped.SetMaxTier((all[2] + separator + InOtherLetters(all[1])).c_str()));
    CHECK(capped.tier() == all[2]);
  }
}

TEST_CASE("Context: every build knows the names of all builds") {
  const std::vector<std::string> all = UsableTiers(Context());
  for (const TierName* known = std::begin(kTierNames); known != std::end(kTierNames); ++known) {
    if (TierIndex(known->name) != SIZE_MAX) continue;
    CAPTURE(known->name);
    Context disabled, capped, both;
    ISOQUANT_CHECK_OK(disabled.Disable(InOtherLetters(known->name).c_str()));
    CHECK(UsableTiers(disabled) == all);  // there is nothing to remove
    CheckConsistent(disabled);
    // Caps as if it had been compiled: what stands before it in the table is removed.
    std::vector<std::string> expected = all;
    if (IsOfThisArchitecture(*known)) {
      for (const TierName* better = std::begin(kTierNames); better != known; ++better) {
        expected.erase(std::remove(expected.begin(), expected.end(), better->name), expected.end());
      }
    }
    if (expected.empty()) expected = {all.back()};
    ISOQUANT_CHECK_OK(capped.SetMaxTier(known->name));
    CHECK(UsableTiers(capped) == expected);
    CheckConsistent(capped);
    // Other names of its list count.
    ISOQUANT_CHECK_OK(both.Disable((std::string(known->name) + "," + all[0]).c_str()));
    if (all.size() > 1) CHECK(both.tier() == all[1]);
  }
#if defined(__x86_64__)
  Context context;
  ISOQUANT_CHECK_OK(context.SetMaxTier("ssse3"));  // which is left out, because it adds nothing to sse2
  if (TierIndex("sse2") != SIZE_MAX) CHECK(TierIndex(context.tier()) >= TierIndex("sse2"));
  ISOQUANT_CHECK_OK(context.Disable("sve_i8mm, NEON"));
#elif defined(__aarch64__)
  Context context;
  ISOQUANT_CHECK_OK(context.Disable("amx_int8,AVX-VNNI"));
#endif
}

// ---- The environment, in a process of its own, because it is read once

#if defined(__linux__)
constexpr int kCannot = 100;  // a child exits with it if it cannot run this program, under a user-mode emulator say

// Runs a test case that is skipped otherwise, in a new process with this environment. What it writes to stderr is
// `errors`.
int RunInProcess(const char* test_case, const std::string& max_tier, const std::string& disable, std::string& errors) {
  int ends[2];
  char program[4096] = {};
  REQUIRE(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    setenv("ISOQUANT_MAX_TIER", max_tier.c_str(), 1);
    setenv("ISOQUANT_DISABLE", disable.c_str(), 1);
    const std::string filter = std::string("-tc=") + test_case;
    execl(program, program, "-m", "-ns", filter.c_str(), nullptr);
    _exit(kCannot);
  }
  close(ends[1]);
  char buffer[512];
  for (ssize_t size; (size = read(ends[0], buffer, sizeof(buffer))) > 0;)
    errors.append(buffer, static_cast<size_t>(size));
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) != child) continue;
#if !defined(__x86_64__)
  if (WIFEXITED(status) && WEXITSTATUS(status) == kCannot) return kCannot;
#endif
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return WEXITSTATUS(status);
}

constexpr const char* kMaxTier = " AVX9 ,Neon_DotProd;avx2";
// The names of all tiers but the last one, and some more.
std::string NamesToDisable(const std::string& more) {
  const std::vector<TierReport> reports = ExplainTiers(Context());
  std::string names = "Sve-I8mm, amx_int8 " + more + ";";
  for (size_t i = 0; i + 1 < reports.size(); ++i) names += " " + InOtherLetters(reports[i].name) + ",";
  return names;
}

TEST_CASE("Context: in a process with names that no build knows" * doctest::skip()) {
  for (int i = 0; i < 3; ++i) {
    const Context context;
    CHECK(context.environment_status().ToString() ==
          "ISOQUANT_MAX_TIER names 'AVX9', which is no tier of this library");
    const std::vector<TierReport> reports = ExplainTiers(context);
    CHECK(context.tier() == reports.back().name);
    for (const TierReport& report : reports) {
      if (report.reason.find("ISOQUANT_DISABLE") == std::string::npos) continue;
      CHECK(report.reason == "removed by the environment: ISOQUANT_DISABLE=" + NamesToDisable("avx10_int8"));
    }
#if defined(__x86_64__)
    if (TierIndex("avx512bw") != SIZE_MAX && ReasonOf(context, "avx512bw").find("the CPU") == std::string::npos) {
      CHECK(ReasonOf(context, "avx512bw") == std::string("capped by the environment: ISOQUANT_MAX_TIER=") + kMaxTier);
    }
#endif
    CHECK(Explain(context).find("; ignored: ISOQUANT_MAX_TIER names 'AVX9'") != std::string::npos);
  }
}
TEST_CASE("Context: in a process with names of all builds" * doctest::skip()) {
  const Context context;
  ISOQUANT_CHECK_OK(context.environment_status());
  CHECK(context.tier() == ExplainTiers(context).back().name);
  CHECK(Explain(context).find("ignored") == std::string::npos);
}

TEST_CASE("Context: names in the environment are as in calls, and those that no build knows are said once") {
  std::string errors;
  if (RunInProcess("Context: in a process with names that no build knows", kMaxTier, NamesToDisable("avx10_int8"),
                   errors) == kCannot) {
    return;
  }
  CHECK(errors ==
        "isoquant: ISOQUANT_MAX_TIER names 'AVX9', which is no tier of this library; "
        "ISOQUANT_DISABLE names 'avx10_int8', which is no tier of this library\n");
  errors.clear();
  (void)RunInProcess("Context: in a process with names of all builds", " \t", NamesToDisable("SSSE3,n_rvv"), errors);
  CHECK(errors.empty());
}
#endif  // Linux

TEST_CASE("Context: why a tier does not run, in words") {
  const Context fresh;
  const std::vector<std::string> all = UsableTiers(fresh);
  if (all.size() < 3) return;  // a machine, or an environment, that leaves no choice
  Context context;
  ISOQUANT_CHECK_OK(context.Disable(all[1].c_str()));
  ISOQUANT_CHECK_OK(context.SetMaxTier(all[1].c_str()));
  CHECK(ReasonOf(context, all[0]) == "capped by Context::SetMaxTier");
  CHECK(ReasonOf(context, all[1]) == "removed by Context::Disable");
  CHECK(context.tier() == all[2]);
  CheckConsistent(context);  // and Explain says so
  // What the environment removed, or the CPU lacks, is not blamed on the Context.
  for (const TierReport& report : ExplainTiers(fresh)) {
    if (!report.usable) CHECK(ReasonOf(context, report.name) == report.reason);
  }
}

// ---- Scratch

TEST_CASE("Context: scratch is aligned, grows, and stays") {
  using Owner = Context::ScratchOwner;
  Context context;
  CHECK(context.Scratch(Owner::kDriver, 0) != nullptr);  // null would be an error
  uint8_t* driver = context.Scratch(Owner::kDriver, 1000);
  uint8_t* operation = context.Scratch(Owner::kOperation, 1000);
  for (uint8_t* scratch : {driver, operation}) {
    REQUIRE(scratch != nullptr);
    CHECK(reinterpret_cast<uintptr_t>(scratch) % 64 == 0);
  }
  std::memset(driver, 1, 1000);
  std::memset(operation, 2, 1000);
  CHECK(driver[0] == 1);  // each owner has its own
  CHECK(driver[999] == 1);
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{999}, size_t{1000}}) {
    CHECK(context.Scratch(Owner::kDriver, bytes) == driver);
  }
  uint8_t* larger = context.Scratch(Owner::kDriver, 1 << 20);
  REQUIRE(larger != nullptr);
  CHECK(reinterpret_cast<uintptr_t>(larger) % 64 == 0);
  std::memset(larger, 3, 1 << 20);
  CHECK(context.Scratch(Owner::kDriver, 1000) == larger);
  CHECK(context.Scratch(Owner::kOperation, 1000) == operation);
  CHECK(operation[0] == 2);
  CHECK(operation[999] == 2);
}

#if !ISOQUANT_TEST_SANITIZED
TEST_CASE("Context: scratch that no memory can hold is null, and the next call works") {
  Context context;
  const size_t max = std::numeric_limits<size_t>::max();
  for (const size_t bytes : {max, max - 1, max - 63, max - 64, max / 2, max / 2 - 64, max / 4 + 1, max / 4}) {
    CAPTURE(bytes);
    CHECK(context.Scratch(Context::ScratchOwner::kDriver, bytes) == nullptr);
    uint8_t* scratch = context.Scratch(Context::ScratchOwner::kDriver, 100);
    REQUIRE(scratch != nullptr);
    std::memset(scratch, 1, 100);
  }
}
#endif

// ---- Executors

// Runs on the calling thread, so that this thread's counter sees all allocations. The last task comes first, as it
// might in a pool.
class InlineExecutor final : public Executor {
 public:
  explicit InlineExecutor(size_t workers) : workers_(workers) {}
  size_t NumWorkers() const override { return workers_; }
  void Run(size_t num_tasks, TaskRef task) override {
    ++runs_;
    for (size_t i = num_tasks; i-- != 0;) task(i, i % workers_);
  }
  size_t runs() const { return runs_; }

 private:
  size_t workers_;
  size_t runs_ = 0;
};

// Gives all work to one worker, and not to the first. Any executor may.
class LastWorkerExecutor final : public Executor {
 public:
  size_t NumWorkers() const override { return 4; }
  void Run(size_t num_tasks, TaskRef task) override {
    for (size_t i = 0; i < num_tasks; ++i) task(i, 3);
  }
};

TEST_CASE("Context: Run calls every task once, with a worker that exists") {
  for (const size_t workers : {size_t{1}, size_t{3}, size_t{8}}) {
    for (const size_t num_tasks : {size_t{0}, size_t{1}, size_t{2}, size_t{3}, size_t{100}}) {
      ThreadExecutor threads(workers);
      InlineExecutor inline_executor(workers);
      Context none, on_threads(threads), on_this(inline_executor);
      for (const Context* context : {&none, &on_threads, &on_this}) {
        const size_t limit = context->NumWorkers();
        CHECK(limit == (context == &none ? 1 : workers));
        std::vector<size_t> calls(num_tasks, 0), worker_of(num_tasks, 0);  // each task writes its own element
        const auto task = [&](size_t i, size_t worker) {
          ++calls[i];
          worker_of[i] = worker;
        };
        context->Run(num_tasks, TaskRef(task));
        CHECK(calls == std::vector<size_t>(num_tasks, 1));
        for (const size_t worker : worker_of) CHECK(worker < limit);
      }
      CHECK(inline_executor.runs() == (num_tasks > 1 ? 1 : 0));  // one task is not worth waking threads for
    }
  }
}

TEST_CASE("Context: without an executor, and for a single task, work is done by the caller, in order") {
  ThreadExecutor threads(4);
  const Context none, on_threads(threads);
  const auto run = [](const Context& context, size_t num_tasks) {
    std::vector<size_t> order;
    const std::thread::id caller = std::this_thread::get_id();
    const auto task = [&](size_t i, size_t worker) {
      const bool same_thread = std::this_thread::get_id() == caller;
      CHECK(same_thread);
      CHECK(worker == 0);
      order.push_back(i);
    };
    context.Run(num_tasks, TaskRef(task));
    for (size_t i = 0; i < order.size(); ++i) CHECK(order[i] == i);
    CHECK(order.size() == num_tasks);
  };
  run(none, 5);
  run(on_threads, 1);
}

// ---- Calls of the same shapes, again and again

// Operands of all operations, of shapes that are worth several workers.
struct Operands {
  static constexpr size_t kM = 150, kK = 500, kN = 240;

  Operands() : s8(kM * kK), u8(kM * kK), plain(kK * kN), x(kM * kK) {
    Random random(1);
    FillIntegers(random, s8.data(), s8.size());
    FillIntegers(random, u8.data(), u8.size());
    FillIntegers(random, plain.data(), plain.size());
    for (float& value : x) value = random.Signed();
    Context context;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{plain.data(), kK, kN}}, packed));
  }

  std::vector<int8_t> s8;
  std::vector<uint8_t> u8;
  std::vector<int8_t> plain;
  std::vector<float> x;
  PackedWeights packed;
};

// All outputs, so that a call allocates nothing for them.
struct Outputs {
  static constexpr size_t kM = Operands::kM, kK = Operands::kK, kN = Operands::kN;

  std::vector<int32_t> c[4] = {std::vector<int32_t>(kM * kN), std::vector<int32_t>(kM* kN),
                               std::vector<int32_t>(kM* kN), std::vector<int32_t>(kM* kN)};
  std::vector<int8_t> q_s8 = std::vector<int8_t>(kM * kK);
  std::vector<uint8_t> q_u8 = std::vector<uint8_t>(kM * kK);
  std::vector<float> scales = std::vector<float>(kM), column_scales = std::vector<float>(kN, 0.5f);
  std::vector<int32_t> zero_points = std::vector<int32_t>(kM);
  std::vector<float> y[2] = {std::vector<float>(kM * kN), std::vector<float>(kM* kN)};

  uint64_t Value() const {
    Digest digest;
    for (const std::vector<int32_t>& v : c) digest.Add(v.data(), v.size());
    digest.Add(q_s8.data(), q_s8.size());
    digest.Add(q_u8.data(), q_u8.size());
    digest.Add(scales.data(), scales.size());
    digest.Add(zero_points.data(), zero_points.size());
    for (const std::vector<float>& v : y) digest.Add(v.data(), v.size());
    return digest.value();
  }
};

// Calls each operation; true if none failed. It allocates nothing itself.
bool CallAll(Context& context, const Operands& in, Outputs& out) {
  constexpr size_t kM = Operands::kM, kK = Operands::kK, kN = Operands::kN;
  const MatrixView<const int8_t> s8(in.s8.data(), kM, kK);
  const MatrixView<const uint8_t> u8(in.u8.data(), kM, kK);
  const MatrixView<const float> x(in.x.data(), kM, kK);
  bool ok = MatMul(context, s8, in.packed, {out.c[0].data(), kM, kN}).ok();
  ok = MatMul(context, u8, in.packed, {out.c[1].data(), kM, kN}).ok() && ok;
  ok = MatMul(context, s8, KxN{{in.plain.data(), kK, kN}}, {out.c[2].data(), kM, kN}).ok() && ok;
  ok = MatMul(context, u8, NxK{{in.plain.data(), kN, kK}}, {out.c[3].data(), kM, kN}).ok() && ok;
  ok = QuantizeRows(context, x, MatrixView<int8_t>(out.q_s8.data(), kM, kK), {out.scales.data(), kM}).ok() && ok;
  ok = QuantizeRows(context, x, MatrixView<uint8_t>(out.q_u8.data(), kM, kK), {out.scales.data(), kM},
                    {out.zero_points.data(), kM})
           .ok() &&
       ok;
  LinearLayer layer;
  layer.weights = &in.packed;
  layer.column_scales = {out.column_scales.data(), kN};
  ok = Linear(context, x, layer, {out.y[0].data(), kM, kN}).ok() && ok;
  layer.quantization = RowQuantization::kAsymmetricU8;
  layer.activation = Activation::kRelu;
  return Linear(context, x, layer, {out.y[1].data(), kM, kN}).ok() && ok;
}

TEST_CASE("Context: results do not depend on the order of tasks, or on who runs them") {
  const Operands in;
  Outputs expected;
  Context alone;
  REQUIRE(CallAll(alone, in, expected));
  InlineExecutor backwards(3);
  LastWorkerExecutor last;
  ThreadExecutor threads(5);
  for (Executor* executor :
       {static_cast<Executor*>(&backwards), static_cast<Executor*>(&last), static_cast<Executor*>(&threads)}) {
    Context context(*executor);
    Outputs out;
    CHECK(CallAll(context, in, out));
    CHECK(out.Value() == expected.Value());
  }
  CHECK(backwards.runs() > 0);
}

#if ISOQUANT_TEST_COUNTS_ALLOCATIONS
// Of this thread, since it was made.
class AllocationCounter {
 public:
  size_t count() const { return num_allocations - start_; }

 private:
  size_t start_ = num_allocations;
};

TEST_CASE("Context: the counter of allocations counts") {
  Context context;
  uint8_t* volatile kept = nullptr;  // what is not used may be optimised away
  const AllocationCounter counter;
  kept = new uint8_t[100];
  delete[] kept;
  const size_t after_new = counter.count();
  kept = context.Scratch(Context::ScratchOwner::kDriver, 100);  // Highway's aligned memory
  const size_t after_growth = counter.count();
  kept = context.Scratch(Context::ScratchOwner::kDriver, 100);
  const size_t after_reuse = counter.count();
  CHECK(after_new == 1);
  CHECK(after_growth == 2);
  CHECK(after_reuse == 2);
}

TEST_CASE("Context: a steady state allocates nothing, on every tier, with one and with three workers") {
  const Operands in;
  Outputs out;
  ForEachTier([&](Context& one) {
    InlineExecutor executor(3);
    Context three(executor);
    ISOQUANT_CHECK_OK(three.SetMaxTier(one.tier()));
    for (Context* context : {&one, &three}) {
      REQUIRE(CallAll(*context, in, out));  // scratch grows, and what is looked up once per process is
      const AllocationCounter counter;
      bool ok = true;
      for (int i = 0; i < 3; ++i) ok = CallAll(*context, in, out) && ok;
      const size_t count = counter.count();
      CHECK(ok);
      CHECK(count == 0);
    }
    CHECK(executor.runs() > 0);
  });
}

TEST_CASE("Context: shapes that are smaller than those before need no memory") {
  const Operands in;
  Outputs out;
  Context context;
  REQUIRE(CallAll(context, in, out));
  const AllocationCounter counter;
  bool ok = true;
  for (const size_t m : {size_t{0}, size_t{1}, size_t{13}, size_t{149}}) {
    const MatrixView<const int8_t> a(in.s8.data(), m, Operands::kK);
    ok = MatMul(context, a, in.packed, {out.c[0].data(), m, Operands::kN}).ok() && ok;
  }
  const size_t count = counter.count();
  CHECK(ok);
  CHECK(count == 0);
}

TEST_CASE("Context: an error allocates nothing") {
  Context context;
  const AllocationCounter counter;
  const bool ok =
      MatMul(context, MatrixView<const int8_t>(nullptr, 2, 3), KxN{{nullptr, 4, 5}}, MatrixView<int32_t>(nullptr, 2, 5))
          .ok() ||
      context.SetMaxTier("avx9").ok() || context.Disable("avx2,avx9").ok();
  const size_t count = counter.count();
  CHECK(!ok);
  CHECK(count == 0);
}
#endif  // ISOQUANT_TEST_COUNTS_ALLOCATIONS

}  // namespace
}  // namespace isoquant
