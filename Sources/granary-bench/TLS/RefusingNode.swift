import ArgumentParser
import Foundation
import Metainfo

/// A node with a fleet listener, one artifact that peers may have and one that they may not, and peers that it refuses for every reason.
struct RefusingNode {
  struct Case {
    let name: String
    /// The base name of the peer's certificate; nil for none.
    let certificate: String?
    let infoHash: String
    fileprivate let folder: String

    /// As the timing client reads it.
    var line: String {
      guard let certificate else { return "\(name) - - \(infoHash)" }
      return "\(name) \(folder)/\(certificate).crt \(folder)/\(certificate).key \(infoHash)"
    }
  }

  let port: Int
  /// A peer that is served.
  let accepted: Case
  let refused: [Case]
  private let process: Process

  init(_ granary: String, below folder: String) throws {
    let certificates = folder + "/certificates"
    try ChildProcess.run(["sh", CompiledProgram.resource("certificates.sh"), certificates])
    port = TLSSeeder.freePort()
    let configuration = folder + "/granary.yaml"
    try Data(Self.text(folder, certificates, port).utf8).write(to: URL(fileURLWithPath: configuration))
    let hashes = try ["open", "forbidden"].map { name in
      try Self.publish(granary, folder, configuration, name)
    }
    process = try TLSNode.start(granary, configuration)
    let unknown = hashes[0].dropFirst(8) + "00000000"
    let make = { (name: String, certificate: String?, hash: String) in
      Case(name: name, certificate: certificate, infoHash: hash, folder: certificates)
    }
    accepted = make("accepted", "good", hashes[0])
    refused = [
      make("unknown-artifact", "good", String(unknown)), make("forbidden-artifact", "good", hashes[1]),
      make("revoked-peer", "revoked", hashes[0]), make("wrong-name", "wrongname", hashes[0]),
      make("expired", "expired", hashes[0]), make("foreign-authority", "foreignpeer", hashes[0]), make("no-certificate", nil, hashes[0]),
    ]
  }

  func stop() { ChildProcess.stop(process) }

  /// Publishes a small file; the info-hash.
  static func publish(_ granary: String, _ folder: String, _ configuration: String, _ name: String) throws -> String {
    let (file, torrent) = ("\(folder)/\(name).bin", "\(folder)/\(name).torrent")
    try Data(repeating: UInt8(name.utf8.count), count: 1 << 20).write(to: URL(fileURLWithPath: file))
    try ChildProcess.run([granary, "publish", file, "--v1", "--output", torrent, "--config", configuration])
    let decoded = try Torrent.decode(Array(Data(contentsOf: URL(fileURLWithPath: torrent)))).torrent
    guard let hash = decoded.infoHash.v1 else { throw ValidationError("\(torrent) is no v1 torrent") }
    return "\(hash)"
  }

  private static func text(_ folder: String, _ certificates: String, _ port: Int) -> String {
    """
    node: { state: "\(folder)/state" }
    links: tls
    listen: [{ address: "127.0.0.1:\(port)", tls: fleet }]
    artifacts: { roots: ["\(folder)"] }
    limits: { per-address: 4000, handshakes: 2000 }
    tls:
      fleet:
        certificate: "\(certificates)/node.crt"
        key: "\(certificates)/node.key"
        trust: "\(certificates)/ca.crt"
        revoked: "\(certificates)/revoked.pem"
    pipeline:
      - allowlist: { identities: ["fleet/spiffe://bench/peer/*"] }
      - gate: { on_request: [{ artifacts: ["open*"] }] }

    """
  }
}
