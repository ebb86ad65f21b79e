/// Which names of files and folders are taken. All of them hold for what is read and for what is published.
struct NameRules {
  /// The longest name of one file or folder, in bytes (`NAME_MAX`).
  static let longestComponent = 255
  /// The longest path with the artifact's name in front and its slashes, in bytes (`PATH_MAX`).
  static let longestPath = 4096
  /// The most levels of a path: as many as a bencoded file tree within the depth limit can have.
  static let mostComponents = 90

  /// Whether only names are taken that every common system can store.
  let isPortable: Bool

  /// The name in these bytes.
  func name(_ bytes: some Collection<UInt8>) throws(NameFault) -> String {
    guard let name = String(validating: bytes, as: UTF8.self) else { throw NameFault("is not valid UTF-8") }
    try check(name)
    return name
  }

  /// Throws where this cannot be one component of a path.
  func check(_ name: String) throws(NameFault) {
    let bytes = name.utf8
    guard let first = bytes.first else { throw NameFault("is empty") }
    if name == "." || name == ".." { throw NameFault("is \"\(name)\", which names no file of its own") }
    if bytes.contains(0) { throw NameFault("has a NUL byte") }
    if first == UInt8(ascii: "/") { throw NameFault("begins with a slash, as an absolute path does") }
    if bytes.contains(UInt8(ascii: "/")) { throw NameFault("has a slash in it") }
    guard bytes.count <= Self.longestComponent else {
      throw NameFault("is \(bytes.count) bytes long, more than \(Self.longestComponent)")
    }
    if isPortable, let reason = PortableNames.objection(to: name) { throw NameFault(reason, .notPortable) }
  }

  /// Throws where a path of good names, with the artifact's name in front where that is a folder, is too long or too deep.
  func check(path: [String], below folder: String?) throws(NameFault) {
    guard !path.isEmpty else { throw NameFault("is empty") }
    guard path.count <= Self.mostComponents else { throw NameFault("has more than \(Self.mostComponents) levels") }
    let names = path.reduce(folder?.utf8.count ?? 0) { $0 + $1.utf8.count }
    let slashes = path.count - (folder == nil ? 1 : 0)
    guard names + slashes <= Self.longestPath else { throw NameFault("is longer than \(Self.longestPath) bytes in all") }
  }
}

/// What is wrong with a name; whoever knows the place makes it a TorrentError.
struct NameFault: Error {
  let kind: TorrentError.Kind
  let problem: String

  init(_ problem: String, _ kind: TorrentError.Kind = .unsafeName) {
    (self.kind, self.problem) = (kind, problem)
  }

  func at(_ place: String) -> TorrentError { TorrentError(kind, at: place, problem) }
}
