// Loads two plug-ins, in both orders, with symbols local and global: each must use the library that it was linked with,
// and must be gone when it is closed.
#include <dlfcn.h>
#include <link.h>

#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "plugin.h"

namespace {

bool IsLoaded(const char* path) {
  const char* const slash = std::strrchr(path, '/');
  const char* name = slash == nullptr ? path : slash + 1;
  return dl_iterate_phdr(
             [](dl_phdr_info* info, size_t, void* wanted) {
               return std::strstr(info->dlpi_name, *static_cast<const char**>(wanted)) != nullptr ? 1 : 0;
             },
             &name) != 0;
}

struct Plugin {
  const char* path;
  void* handle = nullptr;

  bool Open(int flags) {
    handle = dlopen(path, flags);
    if (handle == nullptr) std::printf("FAIL %s\n", dlerror());
    return handle != nullptr;
  }
  Description Ask() const { return reinterpret_cast<decltype(&Describe)>(dlsym(handle, "Describe"))(); }
  bool IsGone() const {
    if (!IsLoaded(path)) return true;
    std::printf("FAIL %s is closed, but still loaded\n", path);
    return false;
  }
};

// What the plug-in says if it is alone in the process.
bool AskAlone(Plugin plugin, Description& description) {
  if (!plugin.Open(RTLD_NOW | RTLD_LOCAL)) return false;
  description = plugin.Ask();
  dlclose(plugin.handle);
  return plugin.IsGone();
}

bool Check(const Plugin& plugin, const Description& expected) {
  const Description found = plugin.Ask();
  if (found.ok && found.tiers == expected.tiers && found.digest == expected.digest) return true;
  std::printf("FAIL %s has %zu tiers and digest %llx, alone %zu and %llx\n", plugin.path, found.tiers,
              static_cast<unsigned long long>(found.digest), expected.tiers,
              static_cast<unsigned long long>(expected.digest));
  return false;
}

bool TryTogether(Plugin a, const Description& a_alone, Plugin b, const Description& b_alone, int scope) {
  if (!a.Open(RTLD_NOW | scope) || !b.Open(RTLD_NOW | scope)) return false;
  if (!Check(a, a_alone) || !Check(b, b_alone)) return false;
  dlclose(a.handle);
  // Where symbols are global, b may use templates of the standard library that a has too, and keep it.
  if (scope == RTLD_LOCAL && !a.IsGone()) return false;
  if (!Check(b, b_alone)) return false;
  dlclose(b.handle);
  return a.IsGone() && b.IsGone();
}

bool Run(const Plugin& first, const Plugin& second) {
  Description first_alone, second_alone;
  if (!AskAlone(first, first_alone) || !AskAlone(second, second_alone)) return false;
  std::printf("%zu tiers, %zu tiers\n", first_alone.tiers, second_alone.tiers);
  if (first_alone.tiers == second_alone.tiers || first_alone.digest != second_alone.digest) {
    std::printf("FAIL the two are to have different tiers and the same bits\n");
    return false;
  }
  for (const int scope : {RTLD_LOCAL, RTLD_GLOBAL}) {
    if (!TryTogether(first, first_alone, second, second_alone, scope)) return false;
    if (!TryTogether(second, second_alone, first, first_alone, scope)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) { return argc == 3 && Run({argv[1]}, {argv[2]}) ? 0 : 1; }
