import Foundation
import TestSupport

/// A node with an artifact that is an SSL torrent of the authority `ca`, and certificates of its own making.
struct SSLSwarm: Sendable {
  var host: GranaryHost
  let certificates: CertificateFolder
  let original: String
  let artifact: GranaryArtifact
  var sections: TLSSections

  /// Publishes it; the node shows a certificate that fits every torrent.
  static func make(_ payload: Artifacts = .awkward, kind: String = "--hybrid") async throws -> SSLSwarm {
    let host = try GranaryHost()
    return try await make(host, original: try host.make(payload), kind: kind)
  }

  /// The same of a file of so many bytes.
  static func make(size: Int) async throws -> SSLSwarm {
    let host = try GranaryHost()
    return try await make(host, original: try Artifacts.file(size, in: host.folder, named: "data/large.bin"), kind: "--hybrid")
  }

  private static func make(_ host: GranaryHost, original: String, kind: String) async throws -> SSLSwarm {
    let certificates = try await CertificateFolder([.authority("ca"), .star("seed"), .star("leech")])
    let artifact = try await host.publish(original, kind, "--ssl-torrent", certificates.certificate("ca"))
    var swarm = SSLSwarm(host: host, certificates: certificates, original: original, artifact: artifact, sections: TLSSections())
    swarm.sections.sslTorrent(artifact.name, showing: "seed", of: certificates)
    try swarm.configure()
    return swarm
  }

  /// Writes the configuration: one listener, for SSL torrents.
  func configure() throws { try host.configure(.securing("ssl-torrent", sections: sections)) }

  /// A libtorrent with a certificate of the swarm.
  func leecher(_ name: String = "leech", into folder: TemporaryDirectory, at address: String, port: Int = 0) -> LibtorrentSSL.Member {
    var member = LibtorrentSSL.Member(name: name, torrent: artifact.torrent, to: folder.path(name), bind: address, port: port)
    member.show("leech", of: certificates)
    return member
  }

  /// How what a libtorrent has differs from the original.
  func differences(_ report: LibtorrentSSL.Report) throws -> [String] {
    let copy = report.folder + "/" + URL(fileURLWithPath: original).lastPathComponent
    return try TreeComparison.differences(expected: original, actual: copy)
  }
}
