import Control
import Inventory
import TestSupport
import Testing

@testable import GranaryNode

@Suite struct RunMetricsTests {
  private func value(_ name: String, _ runs: RunMetrics) -> MetricValue? {
    runs.families.first { $0.name == "granary_run_" + name }?.samples.first?.value
  }

  @Test func `before the first run is over nothing is said of one`() {
    var runs = RunMetrics(node: "depot")
    runs.isRunning = true
    #expect(value("in_progress", runs) == MetricValue(1) && value("last_success_timestamp_seconds", runs) == MetricValue(0.0))
    #expect(value("success", runs) == nil && value("end_info", runs) == nil)
  }

  @Test(arguments: ["ready", "complete", "for", "max-runtime", "signal"])
  func `a run that ended by its bounds was good`(why: String) {
    var runs = RunMetrics(node: "depot")
    runs.end(why, nil, at: Timestamp(nanoseconds: 5_000_000_000))
    #expect(value("success", runs) == MetricValue(1) && value("last_success_timestamp_seconds", runs) == MetricValue(5.0))
    #expect(runs.families.first { $0.name == "granary_run_end_info" }?.samples.first?.labels.last?.value == why)
  }

  @Test(arguments: [("the disk is full", "failure"), ("interrupted", "interrupted"), ("watchdog: a plugin hangs", "failure")])
  func `one that ended otherwise was not, and leaves the last good one`(why: String, word: String) {
    var runs = RunMetrics(node: "depot")
    runs.lastSuccess = Timestamp(nanoseconds: 5_000_000_000)
    runs.end(why, nil, at: Timestamp(nanoseconds: 9_000_000_000))
    #expect(value("success", runs) == MetricValue(0) && value("last_success_timestamp_seconds", runs) == MetricValue(5.0))
    #expect(runs.families.first { $0.name == "granary_run_end_info" }?.samples.first?.labels.last?.value == word)
  }

  @Test func `what the inventory has of runs is what is told`() throws {
    let folder = try TemporaryDirectory("runs")
    let database = try InventoryDatabase.open(path: folder.path("inventory.sqlite"))
    for why in ["ready", "the port is taken"] {
      let run = try database.beginRun(pid: 1, version: "1", at: Timestamp(nanoseconds: 1_000_000_000))
      try database.endRun(run, why: why, at: Timestamp(nanoseconds: why == "ready" ? 2_000_000_000 : 3_000_000_000))
    }
    _ = try database.beginRun(pid: 1, version: "1", at: Timestamp(nanoseconds: 4_000_000_000))
    let runs = try RunMetrics(node: "depot", database: database)
    #expect(runs.isRunning && value("success", runs) == MetricValue(0) && value("end_timestamp_seconds", runs) == MetricValue(3.0))
    #expect(value("last_success_timestamp_seconds", runs) == MetricValue(2.0))
  }

  @Test func `a file of ours says when the last good run was, and another nothing`() throws {
    let folder = try TemporaryDirectory("textfile")
    var runs = RunMetrics(node: "a \"name\" with \\ in it")
    runs.lastSuccess = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    try NodeTextfile.write(runs.families, to: folder.path("m.prom"))
    #expect(NodeTextfile.lastSuccess(in: folder.path("m.prom")) == runs.lastSuccess)
    #expect(NodeTextfile.lastSuccess(in: folder.path("none")) == nil)
    for text in ["", "granary_run_last_success_timestamp_seconds{} 0\n", "granary_run_last_success_timestamp_seconds{} 1e300\n", "\u{0}"] {
      try folder.write(Array(text.utf8), to: "x.prom")
      #expect(NodeTextfile.lastSuccess(in: folder.path("x.prom")) == nil)
    }
  }
}
