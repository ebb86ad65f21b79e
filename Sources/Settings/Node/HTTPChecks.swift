internal import PluginKit

/// What is wrong between the keys of `http`, `tls` and the rest: each is fine by itself by then.
enum HTTPChecks {
  static func problems(_ root: RootSection) -> [Problem] {
    guard let http = root.http else { return [] }
    guard !http.listen.isEmpty else {
      return [http.spot.problem("it listens nowhere; write: listen: [{ address: \"127.0.0.1:9464\" }], or leave http out")]
    }
    var seen: Set<PeerAddress> = []
    return http.listen.flatMap { listener -> [Problem] in
      let address = listener.address.value.address
      let isTwice = address.port > 0 && !seen.insert(address).inserted
      return (isTwice ? [listener.spot.problem("\(address) stands here a second time")] : []) + problems(of: listener)
    }
  }

  /// What is no error: nobody may read there.
  static func warnings(_ root: RootSection, file: String) -> [SettingsErrorLine] {
    (root.http?.listen ?? []).filter { $0.tls != nil && $0.identities?.isEmpty == true }.map { listener in
      listener.spot.problem("its identities are empty: nobody may read there").line(in: file)
    }
  }

  private static func problems(of listener: HTTPListenSection) -> [Problem] {
    guard let tls = listener.tls else { return problems(ofPlain: listener) }
    guard let identities = listener.identities else {
      return [listener.spot.problem("say who may read there, identities: [\"\(tls.text)/dns:monitor.corp\"]; an empty list allows nobody")]
    }
    return identities.filter { $0.pattern.trustEntry != tls.text }.map { identity in
      identity.spot.problem("nobody proves '\(printable(identity.pattern.description))' there: its trust entry is not '\(tls.text)'")
    }
  }

  /// A plain link proves nothing, and anybody on its way can read it: it stays on this machine.
  private static func problems(ofPlain listener: HTTPListenSection) -> [Problem] {
    let address = listener.address.value.address
    guard address.ip.isLoopback else {
      return [listener.spot.problem("\(address) is beyond loopback and needs tls: name an entry, and the identities that may read there")]
    }
    guard listener.identities != nil else { return [] }
    return [listener.spot.problem("a plain link proves no identity: name an entry with tls, or leave identities out")]
  }
}
