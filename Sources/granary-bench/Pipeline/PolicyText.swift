import Metainfo
import PluginKit
import Storage

/// The configurations that are compared, as an operator would write them, and the artifact that they are about.
enum PolicyText {
  static let empty = "listen: [{ address: \"127.0.0.1:0\" }]\n"

  /// Rules of which all but the last are about other peers, artifacts or files.
  static func gate(rules: Int, lastFiles: String?) -> String {
    let last = lastFiles.map { "{ files: [\"\($0)\"] }" } ?? "{}"
    let items = (0..<rules - 1).map(other) + [last]
    let head = [
      "pipeline:", "  - metadata", "  - allowlist: { addresses: [192.168.0.0/16, 127.0.0.0/8] }", "  - gate:", "      on_request:",
    ]
    return empty + (head + items.map { "        - \($0)" }).joined(separator: "\n") + "\n"
  }

  /// Every built-in plugin, with long lists, for peers that prove the key `bench`; the file of keys goes into the folder.
  static func full(keys folder: String, rules: Int) throws -> String {
    let auth = "{ keys: \"\(try keys(in: folder))\", requires: none }"
    return empty + pipeline(auth: auth, rules: rules, last: "{ identities: [\"auth/key:*\"] }")
  }

  /// The same for peers that prove nothing: the artifact needs no proof.
  static func fullForAnyone(keys folder: String, rules: Int) throws -> String {
    let auth = "{ keys: \"\(try keys(in: folder))\", requires: none, required: [{ artifacts: [\"secret-*\"] }] }"
    return pipeline(auth: auth, rules: rules, last: "{}")
  }

  private static func keys(in folder: String) throws -> String {
    let file = folder + "/auth.yaml"
    try AtomicFile.write(Array("keys: [{ id: bench, secret: \(String(repeating: "5a", count: 32)) }]\n".utf8), to: file, mode: 0o600)
    return file
  }

  private static func pipeline(auth: String, rules: Int, last: String) -> String {
    let networks = (0..<999).map { "10.\($0 / 250).\($0 % 250).0/24" } + ["127.0.0.0/8"]
    let items = (0..<rules - 1).map(other) + [last]
    let head = [
      "pipeline:", "  - metadata", "  - allowlist: { addresses: [\(networks.joined(separator: ", "))] }", "  - auth: \(auth)", "  - quota:",
      "      - { per: principal, bytes: 900000 GiB, window: 1d }",
      "  - messages: { custom: [{ name: bench_hello, send: [handshake], body: { v: 1 }, from: [127.0.0.0/8] }] }", "  - gate:",
      "      on_request:",
    ]
    return (head + items.map { "        - \($0)" }).joined(separator: "\n") + "\n"
  }

  private static func other(_ index: Int) -> String {
    switch index % 3 {
    case 0: "{ answer: deny, peers: [10.\(index % 250).0.0/16], reason: rule \(index) }"
    case 1: "{ artifacts: [\"other-\(index)-*\"] }"
    default: "{ files: [\"folder\(index)/**\"] }"
    }
  }

  /// 200 files of 3 MiB and something, in two folders in turn, with 1 MiB pieces: most pieces are of one file, one in three is not.
  static var artifact: ArtifactFacts {
    let files = (0..<200).map { index in
      TorrentFile(path: [index < 100 ? "even" : "odd", "file\(index)"], length: (3 << 20) + Int64(index) * 1021)
    }
    let mixed = (0..<100).flatMap { [files[$0], files[$0 + 100]] }
    return ArtifactFacts(
      id: 1, infoHash: InfoHash(v1: .zero), name: "app-1.0", labels: [:], isPrivate: true,
      layout: PieceLayout(files: mixed, pieceLength: 1 << 20, isFileAligned: false))
  }
}
