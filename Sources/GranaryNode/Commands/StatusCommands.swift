import ArgumentParser
import Control
import Foundation

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "How the running node is.", discussion: "Exits 69 where no node runs.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions

  func run() async throws {
    let status = try await at.client(common).status()
    if common.json { return try Console.print(document: status) }
    let listeners = status.listeners.map { "\($0.address) port \($0.port)\($0.tls.map { " (TLS: \($0))" } ?? "")" }.joined(separator: ", ")
    Console.print(
      "\(status.node): \(status.ready ? "ready" : "starting"), process \(status.pid), version \(status.version), up \(status.uptime) s")
    Console.print("listening on \(listeners)")
    let bytes = "\(ByteText.describe(status.uploaded)) uploaded, \(ByteText.describe(status.downloaded)) downloaded"
    Console.print("\(status.serving) of \(status.artifacts) artifacts in service, \(status.peers) peers, \(bytes)")
    Console.print("policy generation \(status.policyGeneration)")
    for line in TLSPrinter.lines(status.tls) { Console.print(line) }
    if let checkpoint = status.journal?.checkpoint, let at = status.journal?.checkpointAt {
      Console.print("journal signed at \(at): head \(checkpoint)")
    }
    if let own = status.tracker {
      let addresses = own.listeners.map { "\($0.speaks) \($0.address) port \($0.port)" }.joined(separator: ", ")
      Console.print(
        "tracker on \(addresses): \(own.peers) peers of \(own.swarms) swarms, \(own.announces) announces, \(own.refused) refused")
    }
    for mirror in status.mirrors ?? [] {
      let list = mirror.serial.map { "serial \($0)" + (mirror.date.map { " of \($0)" } ?? "") } ?? "nothing yet"
      Console.print("catalogue \(escaped(mirror.catalogue)): " + list + (mirror.problem.map { ", \(escaped($0))" } ?? ""))
    }
    for tracker in status.trackers {
      let further = tracker.isFurther == true ? tracker.port.map { " at port \($0)" } ?? "" : ""
      Console.print(
        "tracker \(escaped(tracker.url)) for \(escaped(tracker.artifact))\(further): \(tracker.state)"
          + (tracker.detail.map { ", \($0)" } ?? ""))
    }
    for (name, count) in status.limits.sorted(by: { $0.key < $1.key }) where count > 0 {
      Console.print("limit \(name.replacing("_", with: " ")): \(count)")
    }
    for warning in status.warnings { Console.print("warning: \(escaped(warning))") }
  }
}

struct Peers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The peers of the running node.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions

  func run() async throws {
    let document = try await at.client(common).peers()
    if common.json { return try Console.print(document: document) }
    for peer in document.peers {
      let choke = peer.choked ? "choked" : "unchoked"
      let interest = peer.interested ? "interested" : "idle"
      let bytes = "\(ByteText.describe(peer.uploaded)) up, \(ByteText.describe(peer.downloaded)) down"
      Console.print(
        "\(peer.address)\(peer.tls == nil ? "" : "  " + escaped(peer.principal))  \(peer.direction)  \(peer.phase)  \(choke), \(interest)  \(bytes)  "
          + "\(escaped(peer.client ?? "-"))  \(escaped(peer.artifact ?? "-"))")
    }
  }
}

struct Reload: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have the running node read its configuration again, as SIGHUP does.",
    discussion: "A configuration with problems changes nothing and is explained.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions

  func run() async throws {
    let change = try await at.client(common).reload()
    if common.json { return try Console.print(document: change) }
    Console.print(change.message)
    for warning in change.warnings { Console.note("granary: warning: \(warning)") }
  }
}
