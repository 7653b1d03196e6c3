#include "program/levels.h"

#include <limits>

namespace isoquant_provider {
namespace {

using Users = std::vector<std::vector<size_t>>;

// Consumers of what DequantizeLinear nodes compute, and those who read through them.
Users FindUsers(const Graph& graph) {
  Users users(graph.nodes().size());
  for (size_t i = 0; i < users.size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (node.is_dead) continue;
    for (const int through : node.read_through) users[static_cast<size_t>(through)].push_back(i);
    if (node.Is("DequantizeLinear")) {
      AnyConsumer(graph, node, [&](size_t consumer) { return users[i].push_back(consumer), false; });
    }
  }
  return users;
}

std::vector<int> Levels(const Graph& graph, const Flags& is_claimed, const Users& users) {
  std::vector<int> levels(graph.nodes().size());
  for (size_t i = 0; i < levels.size(); ++i) {
    if (graph.nodes()[i].is_dead) continue;
    AnyInput(graph, graph.nodes()[i], [&](size_t producer) {
      const bool leaves = is_claimed[producer] && !is_claimed[i];
      levels[i] = std::max(levels[i], levels[producer] + (leaves ? 1 : 0));
      return false;
    });
  }
  for (size_t i = levels.size(); i-- > 0;) {
    if (users[i].empty() || !is_claimed[i]) continue;
    int latest = std::numeric_limits<int>::max();
    for (const size_t user : users[i]) latest = std::min(latest, levels[user] - (is_claimed[user] ? 0 : 1));
    levels[i] = std::max(levels[i], latest);
  }
  return levels;
}

// Unclaims nodes that read through others which cannot be in their region. Returns whether there was one.
bool UnclaimSeparated(const Graph& graph, const std::vector<int>& levels, Flags& is_claimed) {
  bool has_changed = false;
  for (size_t i = 0; i < levels.size(); ++i) {
    if (!is_claimed[i]) continue;
    for (const int through : graph.nodes()[i].read_through) {
      const size_t place = static_cast<size_t>(through);
      if (is_claimed[place] && levels[place] == levels[i]) continue;
      is_claimed[i] = false;
      has_changed = true;
    }
  }
  return has_changed;
}

}  // namespace

std::vector<int> FindLevels(const Graph& graph, Flags& is_claimed) {
  const Users users = FindUsers(graph);
  std::vector<int> levels = Levels(graph, is_claimed, users);
  while (UnclaimSeparated(graph, levels, is_claimed)) levels = Levels(graph, is_claimed, users);
  return levels;
}

}  // namespace isoquant_provider
