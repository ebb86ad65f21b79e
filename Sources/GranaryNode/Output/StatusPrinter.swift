import Control
import Foundation

/// `granary status` as lines for people.
enum StatusPrinter {
  static func lines(_ status: StatusDocument) -> [String] {
    summary(status) + TLSPrinter.lines(status.tls) + services(status) + trackers(status) + limits(status)
      + status.warnings.map { "warning: \(escaped($0))" }
  }

  private static func summary(_ status: StatusDocument) -> [String] {
    let listeners = status.listeners.map { "\($0.address) port \($0.port)\($0.tls.map { " (TLS: \($0))" } ?? "")" }.joined(separator: ", ")
    let bytes = "\(ByteText.describe(status.uploaded)) uploaded, \(ByteText.describe(status.downloaded)) downloaded"
    return [
      "\(escaped(status.node)): \(status.ready ? "ready" : "starting"), process \(status.pid), version \(status.version), up \(status.uptime) s",
      "listening on \(listeners)",
      "\(status.serving) of \(status.artifacts) artifacts in service, \(status.peers) peers, \(bytes)",
      "policy generation \(status.policyGeneration)",
    ]
  }

  private static func services(_ status: StatusDocument) -> [String] {
    var lines: [String] = []
    if let checkpoint = status.journal?.checkpoint, let at = status.journal?.checkpointAt {
      lines.append("journal signed at \(at): head \(checkpoint)")
    }
    if let own = status.tracker {
      let addresses = own.listeners.map { "\($0.speaks) \($0.address) port \($0.port)" }.joined(separator: ", ")
      lines.append(
        "tracker on \(addresses): \(own.peers) peers of \(own.swarms) swarms, \(own.announces) announces, \(own.refused) refused")
    }
    for mirror in status.mirrors ?? [] {
      let list = mirror.serial.map { "serial \($0)" + (mirror.date.map { " of \($0)" } ?? "") } ?? "nothing yet"
      lines.append("catalogue \(escaped(mirror.catalogue)): " + list + (mirror.problem.map { ", \(escaped($0))" } ?? ""))
    }
    return lines
  }

  private static func trackers(_ status: StatusDocument) -> [String] {
    status.trackers.map { tracker in
      let further = tracker.isFurther == true ? tracker.port.map { " at port \($0)" } ?? "" : ""
      return "tracker \(escaped(tracker.url)) for \(escaped(tracker.artifact))\(further): \(tracker.state)"
        + (tracker.detail.map { ", \(escaped($0))" } ?? "")
    }
  }

  private static func limits(_ status: StatusDocument) -> [String] {
    status.limits.sorted { $0.key < $1.key }.filter { $0.value > 0 }.map { "limit \($0.key.replacing("_", with: " ")): \($0.value)" }
  }
}
