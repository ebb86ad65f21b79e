import ArgumentParser
import Foundation
import Glibc
import Metainfo

/// Where the measuring rig is, and its SSL torrent.
struct TLSRig: ParsableArguments {
  @Option(help: "The rig's data ($RIG_DATA).") var data: String
  @Option(help: "The rig's programs ($RIG_BIN).") var bin: String
  @Option(help: "The granary to measure (default: beside this program).") var granary: String?

  /// All sides speak the same cipher: the client offers no other.
  static let suites = "TLS_AES_128_GCM_SHA256"

  var program: String { granary ?? SeedBench.sibling() }
  var torrent: String { data + "/torrents/ssl.torrent" }
  var payload: String { data + "/big" }
  var authority: String { data + "/pki/ca.crt" }
  var certificate: String { data + "/pki/seeder.crt" }
  var key: String { data + "/pki/seeder.key" }

  /// What makes the rig's load generator a peer of an SSL torrent.
  var leech: [String] {
    ["--tls", "--cert", data + "/pki/leech.crt", "--key", data + "/pki/leech.key", "--ca", authority, "--suites", Self.suites]
  }

  func pieceCount() throws -> Int {
    try Torrent.decode(Array(Data(contentsOf: URL(fileURLWithPath: torrent)))).torrent.layout.pieceCount
  }

  /// The programs that are started inherit it.
  static func raiseDescriptorLimit() {
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(kind, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(kind, &limit)
  }
}
