import Control
import Engine
import Inventory
import PluginKit
import Settings
import Synchronization

/// The program, its process, its configuration.
extension NodeMetrics {
  func build(_ readiness: ReadinessDocument, silent: Int) -> [MetricFamily] {
    [
      .gauge(
        "granary_build_info", "Which program this is.",
        samples: [.init(MetricValue(1), .init("version", Granary.version), .init("node", node.initial.node.name))]),
      .gauge("granary_run_start_timestamp_seconds", "When this run began.", MetricValue(node.startedAt.unixSeconds)),
      .gauge("granary_ready", "Whether the node is ready, as /readyz has it.", MetricValue(readiness.ready)),
      .gauge(
        "granary_check_ok", "What /readyz has of each part.",
        samples: readiness.checks.map { .init(MetricValue($0.ok), .init("check", $0.name), .init("required", "\($0.required)")) }),
      .gauge("granary_event_loops", "Threads that serve connections.", MetricValue(node.threads)),
      .gauge("granary_event_loops_silent", "Threads that serve connections and do not answer.", MetricValue(silent)),
    ]
  }

  var reloads: [MetricFamily] {
    let tally = node.reloads.withLock { $0 }
    return [
      .gauge("granary_policy_generation", "The number of the policy in force.", MetricValue(node.engine.totals.generation)),
      .counter(
        "granary_config_reloads_total", "How often the configuration was read again.",
        samples: [
          .init(MetricValue(tally.failed), .init("result", "failure")), .init(MetricValue(tally.succeeded), .init("result", "success")),
        ]),
      .gauge(
        "granary_config_last_reload_successful", "Whether the configuration was good when it was read last.", MetricValue(tally.isLastGood)),
      .gauge(
        "granary_config_last_reload_success_timestamp_seconds", "When the configuration in force was read.",
        MetricValue(Double(tally.takenAt.nanoseconds) / 1e9)),
    ]
  }

  static var process: [MetricFamily] {
    let figures = ProcessFigures.read()
    return [
      .counter("process_cpu_seconds_total", "User and system time of the process.", MetricValue(figures.cpuSeconds)),
      .gauge("process_resident_memory_bytes", "Memory that is resident.", MetricValue(figures.residentBytes)),
      .gauge("process_virtual_memory_bytes", "Memory that is mapped.", MetricValue(figures.virtualBytes)),
      .gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", MetricValue(figures.startedAt)),
      .gauge("process_open_fds", "Descriptors that are open.", MetricValue(figures.openFiles)),
      .gauge("process_max_fds", "Descriptors that may be open.", MetricValue(figures.mostOpenFiles)),
      .gauge("process_threads", "Threads of the process.", MetricValue(figures.threads)),
    ]
  }
}

extension Timestamp {
  /// Since 1970.
  var unixSeconds: Double { Double(nanoseconds) / 1e9 }
}
