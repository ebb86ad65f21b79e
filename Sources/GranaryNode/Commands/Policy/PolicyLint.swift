import ArgumentParser
import Foundation
import Inventory
import Metainfo
import PeerProtocol
import PluginKit
import Settings

struct PolicyLint: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Find what nobody means to write: rules that decide nothing, lists that are empty, entries that have ended.",
    discussion: "Exits 0 where nothing is found, and 65 with findings.")

  private struct Document: Encodable {
    struct Finding: Encodable {
      let plugin: String?
      let kind: String
      let message: String
      let place: String?
    }

    let schema = "granary.policy-lint/1"
    let file: String
    let findings: [Finding]
  }

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let ground = try PolicyGround(common)
    let survey = try survey(ground)
    let findings =
      ground.pipeline.plugins.flatMap { installed in Self.findings(installed, survey) }
      + Self.undisclosed(ground.pipeline, survey) + Self.open(ground.pipeline, ground.configuration.settings)
    let document = Document(file: ground.configuration.settings.file, findings: findings)
    if common.json {
      try Console.print(document: document)
    } else {
      for finding in findings {
        let place = finding.place.map { "\($0): " } ?? ""
        Console.print("\(place)\(finding.kind): \(escaped(finding.message))")
      }
      Console.note("\(document.file): \(findings.isEmpty ? "nothing found" : "\(findings.count) found")")
    }
    if !findings.isEmpty { throw ExitCode(ExitStatus.badData.rawValue) }
  }

  private func survey(_ ground: PolicyGround) throws -> PolicySurvey {
    // Files and pieces are not looked at: torrents need not be read.
    let layout = PieceLayout(files: [], pieceLength: 1 << 14, isFileAligned: false)
    let artifacts = try ground.database?.artifacts() ?? []
    return PolicySurvey(
      artifacts: artifacts.map { artifact in
        ArtifactFacts(
          id: artifact.id.rawValue, infoHash: artifact.infoHash, name: artifact.name, labels: artifact.labels,
          isPrivate: artifact.isPrivate, layout: layout)
      }, plainListeners: ground.configuration.settings.listen.filter { $0.security.name == nil }.map { "\($0.address)" }, now: .now)
  }

  private static func findings(_ installed: InstalledPlugin, _ survey: PolicySurvey) -> [Document.Finding] {
    let own = installed.plugin.findings(survey)
    let warnings = installed.plugin.warnings.filter { warning in !own.contains { $0.message == warning } }
      .map { PolicyFinding(.warning, $0) }
    return (own + warnings + failsOpen(installed)).map { finding in
      Document.Finding(
        plugin: installed.name, kind: finding.kind.rawValue, message: finding.message, place: finding.place ?? installed.place)
    }
  }

  private static func failsOpen(_ installed: InstalledPlugin) -> [PolicyFinding] {
    let guarded = installed.plugin.guards.map(\.rawValue).sorted().joined(separator: ", ")
    guard !guarded.isEmpty else { return [] }
    if installed.isShadow {
      return [PolicyFinding(.failsOpen, "\(installed.name) is in shadow: it is asked about \(guarded), and not heeded")]
    }
    guard installed.onError != .deny else { return [] }
    return [
      PolicyFinding(
        .failsOpen, "\(installed.name) no longer guards \(guarded) once it is tripped (on-error: \(installed.onError.rawValue))")
    ]
  }

  /// Artifacts that peers get to see without having proven anything, where there is a plugin that asks for proofs.
  private static func undisclosed(_ pipeline: Pipeline, _ survey: PolicySurvey) -> [Document.Finding] {
    guard let proving = pipeline.conversing, let address = IPAddress("192.0.2.1") else { return [] }
    let certificate = CertificateFacts(
      trust: "nobody", subject: "", serial: "", issuers: [], validUntil: WallTime(nanoseconds: .max), exporter: nil)
    return survey.artifacts.compactMap { artifact in
      let facts = PeerFacts(
        address: PeerAddress(ip: address, port: 1), direction: .inbound, link: .tls(certificate), artifact: artifact,
        infoHash: artifact.infoHash.preferredWire, peerID: PeerID([UInt8](repeating: 0, count: 20)), now: survey.now)
      guard let verdict = try? proving.plugin.judge(.connect, facts), verdict.isAllowed else { return nil }
      return Document.Finding(
        plugin: proving.name, kind: PolicyFinding.Kind.disclosedUnproven.rawValue,
        message: "\(artifact.name) is disclosed to peers that have proven nothing: \(verdict.reason)", place: verdict.place ?? proving.place
      )
    }
  }

  private static func open(_ pipeline: Pipeline, _ settings: NodeSettings) -> [Document.Finding] {
    guard !pipeline.isGuarded else { return [] }
    return [
      Document.Finding(plugin: nil, kind: PolicyFinding.Kind.failsOpen.rawValue, message: pipeline.howItIsOpen, place: settings.file)
    ]
  }
}
