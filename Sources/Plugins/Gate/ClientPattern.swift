import PeerProtocol
internal import PluginKit

/// What names clients in a rule: the name and version that a peer id stands for (`libtorrent 2.0.*`), or the id's beginning as it is
/// (`-LT20*`). A claim of the peer's, good for keeping broken clients away and for nothing else.
struct ClientPattern: Sendable, Hashable {
  private let glob: Glob

  init(_ text: String) throws(SettingsProblem) {
    do throws(Glob.Problem) { glob = try Glob(text, .name) } catch { throw SettingsProblem(error.description) }
  }

  func matches(_ id: PeerID) -> Bool {
    // `libtorrent 2.0.8 (-LT2080-)`: the id's beginning is what stands in the parentheses.
    let name = id.clientName
    guard let parenthesis = name.lastIndex(of: "("), name.last == ")" else { return glob.matches(name) }
    let start = name[name.index(after: parenthesis)...].dropLast()
    return glob.matches(String(name[..<parenthesis].dropLast())) || glob.matches(String(start))
  }
}
