// Bench support: stands in for onednn_peer.cc where oneDNN is not installed.
#include "bench/onednn_peer.h"

namespace isoquant {

std::string OneDnnVersion() { return {}; }
void LimitOneDnn(const std::string&) {}
bool SetOneDnnThreads(size_t) { return false; }
std::unique_ptr<OneDnnMatMul> MakeOneDnnMatMul(const OneDnnArguments&) { return nullptr; }

}  // namespace isoquant
