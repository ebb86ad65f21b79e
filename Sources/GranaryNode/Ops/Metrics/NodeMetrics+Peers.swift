import Control
import Engine
import PluginKit

/// Peers, what they took, and what was decided of them.
extension NodeMetrics {
  var traffic: [MetricFamily] {
    let (totals, tally) = (node.engine.totals, node.engine.connectionTally)
    let kinds = [PeerFacts.Direction.inbound, .outbound].flatMap { direction in
      [false, true].map { ConnectionTally.Kind(direction, isSecure: $0) }
    }
    return [
      .gauge(
        "granary_peers", "Connections with peers.",
        samples: kinds.map { Self.sample(MetricValue(tally.open[$0] ?? 0), $0) }),
      .counter(
        "granary_connections_total", "Connections that were accepted (inbound) or begun (outbound).",
        samples: kinds.map { Self.sample(MetricValue(tally.begun[$0] ?? 0), $0) }),
      .counter("granary_uploaded_bytes_total", "Blocks that peers took.", MetricValue(totals.uploaded)),
      .counter(
        "granary_downloaded_bytes_total", "Blocks that peers and web seeds gave and that were of use.", MetricValue(totals.downloaded)),
    ]
  }

  private static func sample(_ value: MetricValue, _ kind: ConnectionTally.Kind) -> MetricFamily.Sample {
    .init(value, .init("direction", kind.direction.rawValue), .init("link", kind.isSecure ? "tls" : "plain"))
  }

  /// What guards, handlers and the engine decided: `verdict="deny"` are the refusals.
  var verdicts: [MetricFamily] {
    let counts = node.journal.tally.counts(touching: node.engine.pipeline)
    let samples = counts.sorted { ($0.key.operation, $0.key.plugin, $0.key.verdict) < ($1.key.operation, $1.key.plugin, $1.key.verdict) }
    return [
      .counter(
        "granary_verdicts_total", "What was decided, by whom, of which operation.",
        samples: samples.map { key, count in
          .init(MetricValue(count), .init("operation", key.operation), .init("plugin", key.plugin), .init("verdict", key.verdict))
        })
    ]
  }

  /// The engine's and the plugins'.
  var limits: [MetricFamily] {
    let counts = node.pluginCounters.snapshot.merging(node.engine.limits) { $1 }
    return [
      .counter(
        "granary_limit_hits_total", "How often each limit has bitten, and TLS stood or failed.",
        samples: MetricFamily.Sample.each("limit", counts))
    ]
  }

  var plugins: [MetricFamily] {
    node.pluginTally.turn(to: node.engine.pipeline)
    let tallies = node.pluginTally.counts.sorted { $0.key < $1.key }
    let installed = node.engine.pipeline.plugins
    return [
      .counter(
        "granary_plugin_calls_total", "How often a plugin's hook was asked.",
        samples: Self.byHook(tallies) { $0.calls.mapValues { MetricValue($0) } }),
      .counter(
        "granary_plugin_faults_total", "How often it threw.", samples: Self.byHook(tallies) { $0.faults.mapValues { MetricValue($0) } }),
      .counter(
        "granary_plugin_late_total", "How often it returned late.", samples: Self.byHook(tallies) { $0.late.mapValues { MetricValue($0) } }),
      .counter(
        "granary_plugin_seconds_total", "Time that it took; estimated for hooks that are asked for each block.",
        samples: Self.byHook(tallies) { $0.seconds.mapValues { MetricValue($0) } }),
      .counter(
        "granary_plugin_shadowed_total", "What it would have refused, and did not since it is tried only.",
        samples: tallies.map { .init(MetricValue($0.value.shadowed), .init("plugin", $0.key)) }),
      .gauge(
        "granary_plugin_tripped", "Whether it has failed too often, and what on-error says holds.",
        samples: installed.map {
          .init(MetricValue($0.isTripped), .init("plugin", $0.name), .init("on_error", $0.onError.rawValue))
        }),
    ]
  }

  /// One of a plugin's tables, with the hooks that it was ever asked.
  private static func byHook(
    _ tallies: [(key: String, value: PluginTally.Counts)], _ table: (PluginTally.Counts) -> [Hook: MetricValue]
  ) -> [MetricFamily.Sample] {
    var samples: [MetricFamily.Sample] = []
    for (name, counts) in tallies {
      let values = table(counts)
      for hook in counts.calls.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
        samples.append(.init(values[hook] ?? MetricValue(0), .init("plugin", name), .init("hook", hook.rawValue)))
      }
    }
    return samples
  }
}
