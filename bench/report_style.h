// Bench support: the head of the report's HTML page, with its style sheet.
#ifndef ISOQUANT_BENCH_REPORT_STYLE_H_
#define ISOQUANT_BENCH_REPORT_STYLE_H_

namespace isoquant {

inline constexpr char kReportHead[] = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Isoquant: benches</title><style>
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1b2733; background: #fff; max-width: 1040px;
  margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.7em; margin: 0 } h2 { margin: 2.2em 0 0; border-bottom: 2px solid #1b2733 } h3 { margin: 1.8em 0 0 }
p { margin: .3em 0 .8em; color: #4a5866 } svg { width: 100%; height: auto; display: block }
.tiles { display: flex; gap: 12px; flex-wrap: wrap; margin: 1em 0 } .tile { background: #f2f5f8; border-radius: 6px;
  padding: .6em 1em; min-width: 150px } .tile b { display: block; font-size: 1.5em } .tile.bad { background: #fbe9ea }
text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #1b2733; paint-order: stroke; stroke: #fff;
  stroke-width: 3px } text.tick { fill: #6b7885; font-size: 11px }
text.value { font-size: 11px } .grid { stroke: #e3e8ed } .one { stroke: #1b2733; stroke-width: 1.5 }
.roof { stroke: #6b7885; stroke-width: 1.5 } .link { stroke: #b9c3cd } .ours { fill: #1f6f9f } .cold { fill: #5aa9a3 }
.loss { fill: #c8323f; font-weight: 600 } .peer { stroke: #e08a1e; stroke-width: 3 } .capacity { stroke: #6b7885; stroke-width: 1.5; stroke-dasharray: 3 2 }
 text.ours { fill: #1b2733 }
.hollow { fill: #fff; stroke: #e08a1e; stroke-width: 1.5 } table { border-collapse: collapse; font-size: 13px }
td, th { padding: 2px 9px; text-align: right; border-bottom: 1px solid #e3e8ed } td:first-child, th:first-child,
td:last-child { text-align: left } td { white-space: nowrap } th:last-child { text-align: left } td.bad { color: #c8323f; font-weight: 600 } details { margin: 1.5em 0 }
summary { cursor: pointer; font-weight: 600 } i { display: inline-block; width: .8em; height: .8em }
</style></head><body>
)";

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_REPORT_STYLE_H_
