// What the provider says of a session: its option `report` names a file, which it writes when the session ends.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_REPORT_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_REPORT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "host/profile.h"
#include "host/session.h"

namespace onnx_host {

class Report {
 public:
  // Asks for a report, if the session has the provider and nobody else has asked for one.
  explicit Report(SessionSettings& settings);
  ~Report();  // removes the file
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  void Read();  // when the session is gone
  size_t groups() const { return groups_; }
  const std::string& tier() const { return tier_; }
  // The groups of each operator, the most time first; `nodes` are those of the model that are in them.
  const std::vector<ProfileRow>& rows() const { return rows_; }

 private:
  std::string path_, tier_;
  std::vector<ProfileRow> rows_;
  size_t groups_ = 0;
};

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_REPORT_H_
