/// A torrent about to be made: everything but its hashes is decided and checked, before hours are spent on hashing.
///
/// The same files, options and content always give the same bytes: files are sorted, fields are canonical, and there is neither a
/// date nor the name of a program.
package struct TorrentBlueprint: Sendable {
  /// Files and pieces: sorted, with pad files where v1 and v2 clients are both to see aligned files.
  package let layout: PieceLayout
  /// Bytes a piece.
  package let pieceLength: Int
  /// The name of the file or folder.
  package let name: String
  /// Whether it is one file rather than a folder.
  package let isSingleFile: Bool
  /// Which form the torrent will have.
  package let version: TorrentVersion

  private let isPrivate: Bool
  private let source: String?
  private let trackers: [[String]]
  private let webSeeds: [String]
  private let sslCertificate: String?

  /// Plans a torrent. Throws where a name is unsafe, two entries cannot be side by side, there is no content, a limit is passed,
  /// or the piece length does not suit the version.
  ///
  /// - Parameters:
  ///   - name: The file's or folder's own name.
  ///   - files: In any order, without pad files; symlinks with their target from the folder's top. For a single file: one, whose
  ///     path is its name.
  ///   - pieceLength: Nil chooses: the shortest power of two from 16 KiB to 16 MiB that makes no more than 2048 pieces.
  ///   - trackers: Tiers of announce URLs (BEP 12).
  ///   - sslCertificate: The CA of the torrent's peers in PEM (libtorrent's `ssl-cert`).
  ///   - portable: Refuses names that not every common system can store, or that differ only in case.
  package init(
    name: String, isSingleFile: Bool, files: [TorrentFile], pieceLength: Int?, version: TorrentVersion, isPrivate: Bool = true,
    source: String? = nil, trackers: [[String]] = [], webSeeds: [String] = [], sslCertificate: String? = nil, portable: Bool = false
  ) throws(TorrentError) {
    let chosen = pieceLength ?? PieceLength.chosen(forContent: Self.contentLength(of: files))
    self.pieceLength = try PieceLength.check(Int64(chosen), version: version, at: "piece length")
    (self.name, self.isSingleFile, self.version) = (name, isSingleFile, version)
    (self.isPrivate, self.source, self.sslCertificate) = (isPrivate, source, sslCertificate)
    (self.trackers, self.webSeeds) = (trackers.filter { !$0.isEmpty }, webSeeds)
    try Self.check(trackers: trackers, webSeeds: webSeeds)
    if let sslCertificate { _ = try CertificateText.check(Array(sslCertificate.utf8)[...], at: "ssl-cert") }
    let plan = FilePlan(
      rules: NameRules(isPortable: portable), name: name, isSingleFile: isSingleFile, version: version, pieceLength: chosen)
    layout = PieceLayout(files: try plan.files(files), pieceLength: chosen, isFileAligned: version == .v2)
    try checkSize()
  }

  /// Makes the torrent of these hashes. What it gives has been read back by the decoder, so that whatever reads ours takes it.
  ///
  /// - Parameters:
  ///   - pieceHashes: SHA-1 of each piece in order, 20 bytes each; empty for v2.
  ///   - pieceLayers: By index into `layout.files`, for each file with content: 32 bytes a piece. For a file that fits in one piece,
  ///     its root. Empty for v1.
  package func finish(
    pieceHashes: [UInt8], pieceLayers: [Int: [UInt8]]
  ) throws(TorrentError) -> (torrent: Torrent, bytes: [UInt8]) {
    let hashes = version.hasV2 ? try FileHashes(pieceLayers, of: layout) : FileHashes()
    guard pieceHashes.count == (version.hasV1 ? layout.pieceCount * SHA1Digest.byteCount : 0) else {
      throw TorrentError(.badHashes, at: "piece hashes", "\(pieceHashes.count) bytes do not suit \(layout.pieceCount) pieces")
    }
    let info = infoDictionary(pieceHashes: pieceHashes, roots: hashes.roots).encoded()
    let draft = try Torrent.decodeInfo(info, trackers: trackers, webSeeds: webSeeds).torrent
    let bytes = try draft.adding(pieceLayers: hashes.layers).encoded()
    return (try Torrent.decode(bytes).torrent, bytes)
  }

  private func infoDictionary(pieceHashes: [UInt8], roots: [Int: SHA256Digest]) -> Bencode {
    var info: [String: Bencode] = ["name": .string(name), "piece length": .integer(Int64(pieceLength))]
    if isPrivate { info["private"] = .integer(1) }
    if let source { info["source"] = .string(source) }
    if let sslCertificate { info["ssl-cert"] = .string(sslCertificate) }
    if version.hasV1 {
      info["pieces"] = .bytes(pieceHashes)
      info.merge(fileList()) { $1 }
    }
    if version.hasV2 {
      info["meta version"] = .integer(2)
      info["file tree"] = FileTreeEncoder(files: layout.files, roots: roots).tree()
    }
    return Bencode(info)
  }

  private func fileList() -> [String: Bencode] {
    guard isSingleFile, let file = layout.files.first else {
      return ["files": .list(layout.files.map { Bencode($0.fields.merging(["path": .names($0.path)]) { $1 }) })]
    }
    return file.fields
  }

  private static func check(trackers: [[String]], webSeeds: [String]) throws(TorrentError) {
    for (tier, urls) in trackers.enumerated() {
      for (index, url) in urls.enumerated() { try AnnounceDecoder.check(url, at: "trackers[\(tier)][\(index)]") }
    }
    for (index, url) in webSeeds.enumerated() { try AnnounceDecoder.check(url, at: "web seeds[\(index)]") }
    let most = TorrentLimits().urls
    guard trackers.reduce(0, { $0 + $1.count }) <= most, webSeeds.count <= most else {
      throw TorrentError(.tooLarge, at: "trackers", "more than \(most) announce URLs or web seeds")
    }
  }

  // A torrent beyond the limits of those who are to read it is better refused before hashing than after.
  private func checkSize() throws(TorrentError) {
    let hashes = (version.hasV1 ? SHA1Digest.byteCount : 0) + (version.hasV2 ? SHA256Digest.byteCount : 0)
    let names = layout.files.reduce(0) { $0 + $1.path.reduce(96) { $0 + $1.utf8.count + 8 } }
    let size = layout.pieceCount * hashes + names * (version == .hybrid ? 2 : 1)
    guard size <= BencodeLimits.torrent.size else {
      let problem = "the torrent would be about \(size) bytes, more than clients read; longer pieces make it smaller"
      throw TorrentError(.tooLarge, at: "piece length", problem)
    }
  }

  // A sum that does not overflow; whether it is too large is found out later.
  private static func contentLength(of files: [TorrentFile]) -> Int64 {
    files.reduce(Int64(0)) { sum, file in
      let (next, isTooBig) = sum.addingReportingOverflow(max(0, file.length))
      return isTooBig ? .max : next
    }
  }
}

extension TorrentFile {
  /// What BEP 3 and BEP 47 say of a file, but for its path.
  var fields: [String: Bencode] {
    var fields = ["length": Bencode.integer(length)]
    let letters = (isPadding ? "p" : "") + (isExecutable ? "x" : "") + (symlinkTarget == nil ? "" : "l")
    if !letters.isEmpty { fields["attr"] = .string(letters) }
    if let symlinkTarget { fields["symlink path"] = .names(symlinkTarget) }
    return fields
  }
}

extension Bencode {
  /// A dictionary with text keys.
  init(_ fields: [String: Bencode]) {
    self = .dictionary(Dictionary(fields.map { (Array($0.key.utf8), $0.value) }) { $1 })
  }

  /// A list of names.
  fileprivate static func names(_ names: [String]) -> Bencode { .list(names.map { .string($0) }) }
}
