/// Reads an info dictionary. What concerns its two kinds of file list is in FileListDecoder (BEP 3) and FileTreeDecoder (BEP 52).
struct InfoDecoder {
  let options: TorrentDecodingOptions
  var warnings = TorrentWarnings()

  private var rules: NameRules { NameRules(isPortable: options.portable) }

  init(options: TorrentDecodingOptions) {
    self.options = options
  }

  /// What the dictionary says. The version comes first: what is newer than we know may differ in everything else (BEP 52).
  mutating func decode(_ info: BencodeNode) throws(TorrentError) -> DecodedInfo {
    let version = try version(of: info)
    guard let length = try info.integer("piece length", at: "info") else { throw .missing("info.piece length") }
    let pieceLength = try PieceLength.check(length, version: version, at: "info.piece length")
    let name = try name(of: info)
    let (files, isSingleFile) = try files(of: info, version: version, name: name, pieceLength: pieceLength)
    let layout = PieceLayout(files: files, pieceLength: pieceLength, isFileAligned: version == .v2)
    return DecodedInfo(
      infoBytes: Array(info.encoded), version: version, name: name, isSingleFile: isSingleFile, layout: layout,
      isPrivate: try info.integer("private", at: "info") ?? 0 != 0, source: try source(of: info),
      sslCertificate: try certificate(of: info), pieceHashes: try pieceHashes(of: info, layout: layout, version: version))
  }

  private func version(of info: BencodeNode) throws(TorrentError) -> TorrentVersion {
    let metaVersion = try info.integer("meta version", at: "info")
    let hasFiles = info["files"] != nil || info["length"] != nil
    guard let metaVersion else {
      guard info["file tree"] == nil else { throw .missing("info.meta version") }
      guard hasFiles else { throw TorrentError(.missing, at: "info", "has neither files nor length") }
      return .v1
    }
    guard metaVersion == 2 else {
      throw TorrentError(.unknownVersion, at: "info.meta version", "\(metaVersion) is not a version we know; there are 1, unwritten, and 2")
    }
    guard !hasFiles, info["pieces"] == nil else { return .hybrid }
    return .v2
  }

  private func name(of info: BencodeNode) throws(TorrentError) -> String {
    guard let raw = try info.bytes("name", at: "info") else { throw .missing("info.name") }
    let isValid = String(validating: raw, as: UTF8.self) != nil
    let alternative = isValid ? nil : try info.bytes("name.utf-8", at: "info")
    do throws(NameFault) {
      return try rules.name(alternative ?? raw)
    } catch {
      throw error.at(alternative == nil ? "info.name" : "info.name.utf-8")
    }
  }

  private mutating func files(
    of info: BencodeNode, version: TorrentVersion, name: String, pieceLength: Int
  ) throws(TorrentError) -> ([TorrentFile], isSingleFile: Bool) {
    let v1 = version.hasV1 ? try fileList(of: info, name: name, pieceLength: pieceLength) : nil
    guard version.hasV2 else { return v1 ?? ([], false) }
    let tree = try fileTree(of: info, name: name, pieceLength: pieceLength, isHybrid: version == .hybrid)
    guard let v1 else { return (tree, Self.isSingleFile(tree, name: name)) }
    let files = try HybridFiles(list: v1.files, tree: tree, pieceLength: pieceLength, isSingleFile: v1.isSingleFile).merged()
    return (files, v1.isSingleFile)
  }

  // BEP 52 has no other sign of a single file than a tree of one leaf. One that is not called like the torrent lay in a folder
  // that was, and is put into one again.
  private static func isSingleFile(_ tree: [TorrentFile], name: String) -> Bool {
    tree.count == 1 && tree[0].path.count == 1 && tree[0].path[0].utf8.elementsEqual(name.utf8)
  }

  private mutating func fileList(
    of info: BencodeNode, name: String, pieceLength: Int
  ) throws(TorrentError) -> (files: [TorrentFile], isSingleFile: Bool) {
    var decoder = FileListDecoder(rules: rules, limits: options.limits, name: name, pieceLength: pieceLength)
    let result = try decoder.decode(info)
    warnings.append(contentsOf: decoder.warnings)
    return result
  }

  private mutating func fileTree(
    of info: BencodeNode, name: String, pieceLength: Int, isHybrid: Bool
  ) throws(TorrentError) -> [TorrentFile] {
    guard let tree = try info.dictionary("file tree", at: "info") else { throw .missing("info.file tree") }
    var decoder = FileTreeDecoder(rules: rules, limits: options.limits, name: name, pieceLength: pieceLength)
    let files = try decoder.decode(tree)
    // A hybrid's tree has the list's files, and would warn of them a second time.
    if !isHybrid { warnings.append(contentsOf: decoder.warnings) }
    return files
  }

  private func pieceHashes(
    of info: BencodeNode, layout: PieceLayout, version: TorrentVersion
  ) throws(TorrentError) -> [UInt8] {
    guard version.hasV1 else { return [] }
    guard let pieces = try info.bytes("pieces", at: "info") else { throw .missing("info.pieces") }
    guard pieces.count == layout.pieceCount * SHA1Digest.byteCount else {
      let problem = "\(pieces.count) bytes are not the hashes of \(layout.pieceCount) pieces, 20 each"
      throw TorrentError(.badHashes, at: "info.pieces", problem)
    }
    return Array(pieces)
  }

  private mutating func source(of info: BencodeNode) throws(TorrentError) -> String? {
    guard let bytes = try info.bytes("source", at: "info") else { return nil }
    let source = String(validating: bytes, as: UTF8.self)
    if source == nil { warnings.append("info.source: is not valid UTF-8 and is left out") }
    return source
  }

  private func certificate(of info: BencodeNode) throws(TorrentError) -> String? {
    guard let bytes = try info.bytes("ssl-cert", at: "info") else { return nil }
    return try CertificateText.check(bytes, at: "info.ssl-cert")
  }
}
