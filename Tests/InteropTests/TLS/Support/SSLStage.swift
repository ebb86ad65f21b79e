import Foundation
import TestSupport

/// All rows of the matrix at once: each has an artifact, certificates and addresses of its own, so that none is in another's way.
struct SSLStage: Sendable {
  /// A row with what belongs to it.
  struct Row: Sendable {
    let number: Int
    let row: SSLCase
    let torrent: String
    var artifact: String { SSLStage.artifact(number) }
  }

  /// Whose certificate.
  enum Side: String, Sendable { case seed, leecher }

  let folder: TemporaryDirectory
  let certificates: CertificateFolder
  let rows: [Row]

  /// Makes artifacts, torrents (with libtorrent) and certificates (with openssl) for these rows.
  static func make(_ cases: [SSLCase], in folder: TemporaryDirectory) async throws -> SSLStage {
    let certificates = try await CertificateFolder(plans(cases))
    _ = try certificates.bundle("ca", "other", as: SSLCase.Authority.caThenOther.rawValue)
    _ = try certificates.bundle("other", "ca", as: SSLCase.Authority.otherThenCA.rawValue)
    let rows = try await withThrowingTaskGroup(of: Row.self) { group in
      for (number, row) in cases.enumerated() {
        let data = try Artifacts.file(100_001, in: folder, named: "data/" + artifact(number), seed: UInt64(number))
        let torrent = folder.path(artifact(number) + ".torrent")
        let authority = certificates.certificate(row.authority.rawValue)
        group.addTask {
          let arguments = ["--kind", row.kind, "--ssl-cert", authority, data, torrent]
          try await PythonScript.runner("libtorrent_create.py", arguments).output()
          return Row(number: number, row: row, torrent: torrent)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    return SSLStage(folder: folder, certificates: certificates, rows: rows.sorted { $0.number < $1.number })
  }

  static func artifact(_ number: Int) -> String { "row-\(number).bin" }

  /// The certificate and the key that a side shows.
  func files(_ row: Row, _ side: Side) -> (certificate: String, key: String)? {
    let own = Self.name(row.number, side)
    switch side == .seed ? row.row.seed : row.row.leecher {
    case .nothing: return nil
    case .existing(let name): return (certificates.certificate(name), certificates.key(name))
    case .certificate, .encrypted: return (certificates.certificate(own), certificates.key(own))
    case .withKeyOfAnother: return (certificates.certificate(own), certificates.key(own + "-other"))
    }
  }

  /// A libtorrent on this side of the row.
  func member(_ row: Row, _ side: Side, _ name: String, at address: String, port: Int = 0) -> LibtorrentSSL.Member {
    let place = side == .seed ? folder.path("data") : folder.path("downloads/\(name)")
    var member = LibtorrentSSL.Member(name: name, torrent: row.torrent, to: place, bind: address, port: port)
    member.seeds = side == .seed
    (member.certificate, member.key) = files(row, side).map { ($0.certificate, $0.key) } ?? (nil, nil)
    member.parameters = row.row.hasParameters ? certificates.parameters : nil
    if case .encrypted(_, let tried) = side == .seed ? row.row.seed : row.row.leecher { member.passphrase = tried }
    return member
  }

  private static func name(_ number: Int, _ side: Side) -> String { "row-\(number)-\(side.rawValue)" }

  private static func plans(_ cases: [SSLCase]) -> [CertificatePlan] {
    var intermediate = CertificatePlan.authority("intermediate")
    intermediate.issuer = "ca"
    return [.authority("ca"), .authority("other"), intermediate]
      + cases.enumerated().flatMap { number, row in
        plans(row.seed, name(number, .seed), artifact(number)) + plans(row.leecher, name(number, .leecher), artifact(number))
      }
  }

  private static func plans(_ shown: SSLCase.Shown, _ name: String, _ artifact: String) -> [CertificatePlan] {
    switch shown {
    case .nothing, .existing: return []
    case .certificate(let make):
      var plan = make(artifact)
      plan.name = name
      return [plan]
    case .withKeyOfAnother(let kind):
      var other = CertificatePlan.star(name + "-other")
      other.key = kind
      return [.star(name), other]
    case .encrypted(let passphrase, _):
      var plan = CertificatePlan.star(name)
      plan.passphrase = passphrase
      return [plan]
    }
  }
}
