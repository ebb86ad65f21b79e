import Metainfo

extension TorrentFixtures {
  /// A torrent with one thing wrong.
  package struct Defect: Sendable, CustomStringConvertible {
    /// The defect, and the name of the fixture file.
    package let name: String
    /// The torrent.
    package let bytes: [UInt8]
    /// Where the error must say it is.
    package let place: String
    /// What the error's text must have in it.
    package let problem: String
    /// Whether only `portable` refuses it.
    package let isPortability: Bool

    package var description: String { name }

    init(_ name: String, _ torrent: Bencode, _ place: String, _ problem: String, portability: Bool = false) {
      self.init(name, raw: torrent.encoded(), place, problem, portability: portability)
    }

    init(_ name: String, raw: [UInt8], _ place: String, _ problem: String, portability: Bool = false) {
      (self.name, bytes, self.place, self.problem, isPortability) = (name, raw, place, problem, portability)
    }

    init(_ name: String, text: String, _ place: String, _ problem: String) {
      self.init(name, raw: Array(text.utf8), place, problem)
    }
  }

  /// Every defect that there is a fixture for.
  package static let defects: [Defect] =
    bencodeDefects + nameDefects + pieceDefects + fileDefects + pathDefects + symlinkDefects + otherFieldDefects + treeDefects
    + layerDefects + hybridDefects + portabilityDefects

  private static let hash = Bencode.bytes([UInt8](repeating: 7, count: 20))
  private static let invalidUTF8 = Bencode.bytes([0x66, 0xFF, 0xFE])

  /// A sound v1 torrent of one piece and two files.
  package static let v1 = Bencode.dictionary([
    "info": .dictionary([
      "name": .string("folder"), "piece length": .integer(16_384), "pieces": hash,
      "files": .list([
        .dictionary(["length": .integer(10), "path": .strings("a")]),
        .dictionary(["length": .integer(20), "path": .strings("b", "c")]),
      ]),
    ])
  ])

  /// A sound v1 torrent of one file.
  package static let single = Bencode.dictionary([
    "info": .dictionary(["name": .string("file"), "piece length": .integer(16_384), "pieces": hash, "length": .integer(30)])
  ])

  private static let root = Bencode.bytes([UInt8](repeating: 9, count: 32))

  /// A sound v2 torrent of two files that fit in a piece each.
  package static let v2 = Bencode.dictionary([
    "info": .dictionary([
      "name": .string("folder"), "piece length": .integer(16_384), "meta version": .integer(2),
      "file tree": .dictionary([
        "a": .dictionary(["": .dictionary(["length": .integer(10), "pieces root": root])]),
        "b": .dictionary(["c": .dictionary(["": .dictionary(["length": .integer(20), "pieces root": root])])]),
      ]),
    ]),
    "piece layers": .dictionary([:]),
  ])

  /// A sound hybrid torrent: the v1 list with a pad file, and the v2 tree.
  package static let hybrid = v2.setting("info", "pieces", to: .bytes([UInt8](repeating: 7, count: 40)))
    .setting(
      "info", "files",
      to: .list([
        .dictionary(["length": .integer(10), "path": .strings("a")]),
        .dictionary(["attr": .string("p"), "length": .integer(16_374), "path": .strings(".pad", "16374")]),
        .dictionary(["length": .integer(20), "path": .strings("b", "c")]),
      ]))

  private static let bencodeDefects: [Defect] = [
    Defect("empty", text: "", "", "byte 0: the data ends within a value"),
    Defect("truncated", raw: Array(v1.encoded().dropLast(30)), "", "not a bencoded value: byte"),
    Defect("trailing-bytes", raw: v1.encoded() + [0x0A], "", "there is something after the value"),
    Defect("unsorted-keys", text: "d4:infode8:announce1:xe", "", "byte 9: a dictionary's keys are not sorted"),
    Defect("duplicate-keys", text: "d4:infode4:infodee", "", "byte 9: a dictionary has a key twice"),
    Defect("integer-leading-zero", text: "d4:infod6:lengthi01eee", "", "byte 16: an integer that is not written canonically"),
    Defect("integer-negative-zero", text: "d4:infod6:lengthi-0eee", "", "byte 16: an integer that is not written canonically"),
    Defect("integer-empty", text: "d4:infod6:lengthieee", "", "byte 16: an integer that is not written canonically"),
    Defect("integer-overflow", text: "d4:infod6:lengthi9223372036854775808eee", "", "byte 16: an integer that does not fit 64 bits"),
    Defect("string-length-leading-zero", text: "d4:infod04:namee", "", "byte 8: a string's length"),
    Defect("string-too-long", text: "d4:infod4:name99:xee", "", "byte 14: a string longer than the data"),
    Defect("string-length-overflow", text: "d4:infod4:name99999999999999999999:xee", "", "byte 14: a string's length"),
    Defect("key-not-a-string", text: "di1ei2ee", "", "byte 1: a value or key cannot begin with the byte 0x69"),
    Defect("nested-too-deep", text: String(repeating: "l", count: 200) + String(repeating: "e", count: 200), "", "more than 100 levels"),
    Defect("not-a-dictionary", text: "l4:infoe", "", "must be a dictionary"),
    Defect("info-missing", v1.setting("info", to: nil), "info", "is missing"),
    Defect("info-not-a-dictionary", v1.setting("info", to: .integer(1)), "info", "must be a dictionary"),
  ]

  private static let nameDefects: [Defect] = [
    Defect("name-missing", v1.setting("info", "name", to: nil), "info.name", "is missing"),
    Defect("name-not-a-string", v1.setting("info", "name", to: .integer(1)), "info.name", "must be a string"),
    Defect("name-empty", v1.setting("info", "name", to: .string("")), "info.name", "is empty"),
    Defect("name-dot", v1.setting("info", "name", to: .string(".")), "info.name", "names no file"),
    Defect("name-dot-dot", single.setting("info", "name", to: .string("..")), "info.name", "names no file"),
    Defect("name-with-slash", v1.setting("info", "name", to: .string("a/b")), "info.name", "has a slash"),
    Defect("name-absolute", single.setting("info", "name", to: .string("/etc/passwd")), "info.name", "absolute path"),
    Defect("name-with-nul", v1.setting("info", "name", to: .string("a\0b")), "info.name", "NUL"),
    Defect("name-too-long", v1.setting("info", "name", to: .string(String(repeating: "n", count: 256))), "info.name", "256 bytes long"),
    Defect("name-invalid-utf-8", v1.setting("info", "name", to: invalidUTF8), "info.name", "not valid UTF-8"),
    Defect(
      "name-utf-8-dot-dot", v1.setting("info", "name", to: invalidUTF8).setting("info", "name.utf-8", to: .string("..")),
      "info.name.utf-8", "names no file"),
  ]

  private static let pieceDefects: [Defect] = [
    Defect("piece-length-missing", v1.setting("info", "piece length", to: nil), "info.piece length", "is missing"),
    Defect("piece-length-not-an-integer", v1.setting("info", "piece length", to: .string("1")), "info.piece length", "an integer"),
    Defect("piece-length-zero", v1.setting("info", "piece length", to: .integer(0)), "info.piece length", "not between 1 KiB"),
    Defect("piece-length-negative", v1.setting("info", "piece length", to: .integer(-16_384)), "info.piece length", "not between"),
    Defect("piece-length-too-short", v1.setting("info", "piece length", to: .integer(1023)), "info.piece length", "not between"),
    Defect("piece-length-too-long", v1.setting("info", "piece length", to: .integer(.max)), "info.piece length", "not between"),
    Defect("pieces-missing", v1.setting("info", "pieces", to: nil), "info.pieces", "is missing"),
    Defect("pieces-not-a-string", v1.setting("info", "pieces", to: .list([])), "info.pieces", "must be a string"),
    Defect("pieces-too-few", v1.setting("info", "pieces", to: .bytes([])), "info.pieces", "0 bytes are not the hashes of 1 pieces"),
    Defect(
      "pieces-too-many", v1.setting("info", "pieces", to: .bytes([UInt8](repeating: 7, count: 40))), "info.pieces",
      "40 bytes are not the hashes of 1 pieces"),
    Defect(
      "pieces-not-whole", v1.setting("info", "pieces", to: .bytes([UInt8](repeating: 7, count: 19))), "info.pieces",
      "19 bytes are not the hashes"),
    Defect(
      "pieces-beyond-limit",
      single.setting("info", "length", to: .integer(1 << 40)).setting("info", "piece length", to: .integer(1024)), "info.length",
      "more than 2097152 pieces"),
  ]

  private static let fileDefects: [Defect] = [
    Defect("length-and-files", v1.setting("info", "length", to: .integer(30)), "info", "both files and length"),
    Defect("length-and-files-missing", v1.setting("info", "files", to: nil), "info", "neither files nor length"),
    Defect("length-negative", single.setting("info", "length", to: .integer(-1)), "info.length", "less than nothing"),
    Defect("length-zero", single.setting("info", "length", to: .integer(0)), "info.length", "not a byte of content"),
    Defect("length-not-an-integer", single.setting("info", "length", to: .string("30")), "info.length", "an integer"),
    Defect("length-beyond-limit", single.setting("info", "length", to: .integer(.max)), "info.length", "bytes in all"),
    Defect("files-not-a-list", v1.setting("info", "files", to: .string("a")), "info.files", "must be a list"),
    Defect("files-empty", v1.setting("info", "files", to: .list([])), "info.files", "not a byte of content"),
    Defect("file-not-a-dictionary", v1.setting("info", "files", 1, to: .integer(1)), "info.files[1]", "must be a dictionary"),
    Defect("file-length-missing", v1.setting("info", "files", 1, "length", to: nil), "info.files[1].length", "is missing"),
    Defect("file-length-negative", v1.setting("info", "files", 1, "length", to: .integer(-1)), "info.files[1].length", "less than"),
    Defect(
      "file-lengths-overflow",
      v1.setting("info", "files", 0, "length", to: .integer(.max)).setting("info", "files", 1, "length", to: .integer(.max)),
      "info.files[0].length", "bytes in all"),
    Defect("attr-not-a-string", v1.setting("info", "files", 0, "attr", to: .integer(1)), "info.files[0].attr", "must be a string"),
    Defect(
      "attr-pad-and-symlink",
      v1.setting("info", "files", 0, "attr", to: .string("pl")).setting("info", "files", 0, "symlink path", to: .strings("b")),
      "info.files[0].attr", "cannot be a symlink"),
    Defect("single-file-padding", single.setting("info", "attr", to: .string("p")), "info.attr", "the only file"),
    Defect(
      "duplicate-file", v1.setting("info", "files", 2, to: .dictionary(["length": .integer(1), "path": .strings("b", "c")])),
      "info.files[2].path", "b/c is there twice"),
    Defect(
      "file-below-file", v1.setting("info", "files", 2, to: .dictionary(["length": .integer(1), "path": .strings("a", "x")])),
      "info.files[2].path", "lies below a, which is a file"),
    Defect(
      "file-is-folder", v1.setting("info", "files", 2, to: .dictionary(["length": .integer(1), "path": .strings("b")])),
      "info.files[2].path", "a file here and a folder elsewhere"),
  ]

  private static func path(_ name: String, _ path: Bencode?, _ place: String, _ problem: String) -> Defect {
    Defect(name, v1.setting("info", "files", 1, "path", to: path), place, problem)
  }

  private static let pathDefects: [Defect] = [
    path("path-missing", nil, "info.files[1].path", "is missing"),
    path("path-not-a-list", .string("b/c"), "info.files[1].path", "must be a list"),
    path("path-empty", .list([]), "info.files[1].path", "is empty"),
    path("path-component-not-a-string", .list([.string("b"), .integer(1)]), "info.files[1].path[1]", "must be a string"),
    path("path-component-empty", .strings("b", ""), "info.files[1].path[1]", "is empty"),
    path("path-dot", .strings(".", "c"), "info.files[1].path[0]", "names no file"),
    path("path-dot-dot", .strings("b", "..", "..", "c"), "info.files[1].path[1]", "names no file"),
    path("path-with-slash", .strings("b", "../../c"), "info.files[1].path[1]", "has a slash"),
    path("path-absolute", .strings("/etc", "passwd"), "info.files[1].path[0]", "absolute path"),
    path("path-with-nul", .strings("b", "c\0.txt"), "info.files[1].path[1]", "NUL"),
    path("path-component-too-long", .strings("b", String(repeating: "c", count: 256)), "info.files[1].path[1]", "256 bytes long"),
    path(
      "path-too-long", .list([Bencode](repeating: .string(String(repeating: "c", count: 255)), count: 17)), "info.files[1].path",
      "longer than 4096"),
    path("path-too-deep", .list([Bencode](repeating: .string("d"), count: 91)), "info.files[1].path", "more than 90 levels"),
    path("path-invalid-utf-8", .list([.string("b"), invalidUTF8]), "info.files[1].path[1]", "not valid UTF-8"),
    Defect(
      "path-utf-8-dot-dot",
      v1.setting("info", "files", 1, "path", to: .list([invalidUTF8])).setting("info", "files", 1, "path.utf-8", to: .strings("..")),
      "info.files[1].path.utf-8[0]", "names no file"),
  ]

  private static func symlink(_ name: String, _ fields: KeyValuePairs<String, Bencode>, _ place: String, _ problem: String) -> Defect {
    Defect(name, v1.setting("info", "files", 2, to: .dictionary(fields)), place, problem)
  }

  private static let symlinkDefects: [Defect] = [
    symlink(
      "symlink-target-missing", ["attr": .string("l"), "path": .strings("link")], "info.files[2].symlink path", "is missing"),
    symlink(
      "symlink-target-empty", ["attr": .string("l"), "path": .strings("link"), "symlink path": .list([])],
      "info.files[2].symlink path", "is empty"),
    symlink(
      "symlink-target-dot-dot", ["attr": .string("l"), "path": .strings("link"), "symlink path": .strings("..", "etc")],
      "info.files[2].symlink path[0]", "names no file"),
    symlink(
      "symlink-target-absolute", ["attr": .string("l"), "path": .strings("link"), "symlink path": .strings("/etc")],
      "info.files[2].symlink path[0]", "absolute path"),
    symlink(
      "symlink-with-length",
      ["attr": .string("l"), "length": .integer(5), "path": .strings("link"), "symlink path": .strings("a")],
      "info.files[2].length", "a symlink has no bytes"),
    symlink(
      "symlink-over-folder", ["attr": .string("l"), "path": .strings("b"), "symlink path": .strings("a")], "info.files[2].path",
      "a file here and a folder elsewhere"),
    Defect(
      "path-through-symlink",
      v1.setting(
        "info", "files", 0,
        to: .dictionary(["attr": .string("l"), "path": .strings("b"), "symlink path": .strings("elsewhere")])),
      "info.files[1].path", "goes through b, which is a symlink"),
    Defect(
      "single-file-symlink", single.setting("info", "attr", to: .string("l")).setting("info", "symlink path", to: .strings("a")),
      "info.attr", "the only file"),
  ]

  private static func pem(_ label: String, _ body: String) -> String { "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n" }

  private static let otherFieldDefects: [Defect] = [
    Defect("private-not-an-integer", v1.setting("info", "private", to: .string("1")), "info.private", "an integer"),
    Defect("source-not-a-string", v1.setting("info", "source", to: .integer(1)), "info.source", "must be a string"),
    Defect("ssl-cert-not-text", v1.setting("info", "ssl-cert", to: invalidUTF8), "info.ssl-cert", "is not text"),
    Defect("ssl-cert-not-a-string", v1.setting("info", "ssl-cert", to: .list([])), "info.ssl-cert", "must be a string"),
    Defect("ssl-cert-empty", v1.setting("info", "ssl-cert", to: .string("")), "info.ssl-cert", "holds no PEM certificate"),
    Defect("ssl-cert-a-key", v1.setting("info", "ssl-cert", to: .string(pem("PRIVATE KEY", "MIIB"))), "info.ssl-cert", "holds no PEM"),
    Defect(
      "ssl-cert-without-end", v1.setting("info", "ssl-cert", to: .string("-----BEGIN CERTIFICATE-----\nMIIB")), "info.ssl-cert",
      "holds no PEM certificate"),
    Defect(
      "ssl-cert-not-base64", v1.setting("info", "ssl-cert", to: .string(pem("CERTIFICATE", "MII!"))), "info.ssl-cert", "holds no PEM"),
    Defect("ssl-cert-of-nothing", v1.setting("info", "ssl-cert", to: .string(pem("CERTIFICATE", ""))), "info.ssl-cert", "holds no PEM"),
    Defect(
      "ssl-cert-too-long", v1.setting("info", "ssl-cert", to: .string(pem("CERTIFICATE", String(repeating: "A", count: 65_536)))),
      "info.ssl-cert", "more than the 65536"),
    Defect("announce-not-a-string", v1.setting("announce", to: .integer(1)), "announce", "must be a string"),
    Defect("announce-not-a-url", v1.setting("announce", to: .string("http://a b")), "announce", "is not a URL"),
    Defect("announce-list-not-a-list", v1.setting("announce-list", to: .integer(1)), "announce-list", "must be a list"),
    Defect(
      "announce-list-url-not-a-string", v1.setting("announce-list", to: .list([.list([.string("http://a"), .integer(1)])])),
      "announce-list[0][1]", "must be a string"),
    Defect("url-list-not-a-string", v1.setting("url-list", to: .integer(1)), "url-list", "a string or a list of strings"),
    Defect(
      "url-list-with-control-character", v1.setting("url-list", to: .strings("http://a", "http://b\u{1}")), "url-list[1]",
      "is not a URL"),
  ]

  private static let deepTree = (0..<60).reduce(Bencode.dictionary(["": .dictionary(["length": .integer(10), "pieces root": root])])) {
    tree, _ in .dictionary(["d": tree])
  }

  private static let treeDefects: [Defect] = [
    Defect("v2-meta-version-unknown", v2.setting("info", "meta version", to: .integer(3)), "info.meta version", "not a version we know"),
    Defect("v2-meta-version-missing", v2.setting("info", "meta version", to: nil), "info.meta version", "is missing"),
    Defect(
      "v2-piece-length-not-a-power-of-two", v2.setting("info", "piece length", to: .integer(49_152)), "info.piece length", "power of two"),
    Defect("v2-piece-length-too-short", v2.setting("info", "piece length", to: .integer(8192)), "info.piece length", "power of two"),
    Defect("v2-file-tree-missing", v2.setting("info", "file tree", to: nil), "info.file tree", "is missing"),
    Defect("v2-file-tree-not-a-dictionary", v2.setting("info", "file tree", to: .list([])), "info.file tree", "must be a dictionary"),
    Defect("v2-file-tree-empty", v2.setting("info", "file tree", to: .dictionary([:])), "info.file tree", "not a byte of content"),
    Defect(
      "v2-file-tree-is-a-file", v2.setting("info", "file tree", "", to: .dictionary(["length": .integer(1)])), "info.file tree/",
      "is empty"),
    Defect(
      "v2-entry-not-a-dictionary", v2.setting("info", "file tree", "b", "c", to: .integer(1)), "info.file tree/b/c", "must be a dictionary"),
    Defect(
      "v2-file-with-entries", v2.setting("info", "file tree", "a", "x", to: .dictionary([:])), "info.file tree/a",
      "is a file and has entries"),
    Defect("v2-file-not-a-dictionary", v2.setting("info", "file tree", "a", "", to: .integer(1)), "info.file tree/a", "by a dictionary"),
    Defect("v2-length-missing", v2.setting("info", "file tree", "a", "", "length", to: nil), "info.file tree/a.length", "is missing"),
    Defect(
      "v2-length-negative", v2.setting("info", "file tree", "a", "", "length", to: .integer(-5)), "info.file tree/a.length", "less than"),
    Defect(
      "v2-lengths-overflow", v2.setting("info", "file tree", "b", "c", "", "length", to: .integer(.max)), "info.file tree/b/c.length",
      "bytes in all"),
    Defect(
      "v2-pieces-root-missing", v2.setting("info", "file tree", "a", "", "pieces root", to: nil), "info.file tree/a.pieces root",
      "is missing"),
    Defect(
      "v2-pieces-root-short", v2.setting("info", "file tree", "a", "", "pieces root", to: .string("x")), "info.file tree/a.pieces root",
      "SHA-256"),
    Defect(
      "v2-pieces-root-zero", v2.setting("info", "file tree", "a", "", "pieces root", to: .bytes([UInt8](repeating: 0, count: 32))),
      "info.file tree/a.pieces root", "SHA-256"),
    Defect("v2-pad-file", v2.setting("info", "file tree", "a", "", "attr", to: .string("p")), "info.file tree/a.attr", "no pad files"),
    Defect("v2-path-dot-dot", v2.setting("info", "file tree", "..", to: .dictionary([:])), "info.file tree/..", "names no file"),
    Defect("v2-path-with-slash", v2.setting("info", "file tree", "x/y", to: .dictionary([:])), "info.file tree/x/y", "has a slash"),
    Defect(
      "v2-path-invalid-utf-8", v2.setting("info", "file tree", .key([0x66, 0xFF]), to: .dictionary([:])), "info.file tree/f\\xff",
      "not valid UTF-8"),
    Defect("v2-path-too-deep", v2.setting("info", "file tree", "b", to: deeper(deepTree)), "", "more than 100 levels"),
    Defect(
      "v2-symlink-target-dot-dot",
      v2.setting("info", "file tree", "z", to: .dictionary(["": .dictionary(["attr": .string("l"), "symlink path": .strings("..")])])),
      "info.file tree/z.symlink path[0]", "names no file"),
  ]

  private static func deeper(_ tree: Bencode) -> Bencode { (0..<60).reduce(tree) { tree, _ in .dictionary(["d": tree]) } }

  private static let layered: Bencode = {
    let hashes = layer(content(50_000), pieceLength: 16_384)
    let root = MerkleTree.root(ofPieceLayer: hashes, pieceLength: 16_384) ?? .zero
    return v2.setting(
      "info", "file tree", "a", "", to: .dictionary(["length": .integer(50_000), "pieces root": .bytes(root.bytes)])
    ).setting("piece layers", .key(root.bytes), to: .bytes(hashes))
  }()

  private static let layeredRoot = layered["info"]?["file tree"]?["a"]?[""]?["pieces root"]?.bytes ?? []
  private static let layeredPlace = "piece layers.\(Hex.encode(layeredRoot))"

  private static let layerDefects: [Defect] = [
    Defect("v2-piece-layers-missing", layered.setting("piece layers", to: nil), layeredPlace, "is missing"),
    Defect("v2-piece-layers-not-a-dictionary", layered.setting("piece layers", to: .list([])), "piece layers", "must be a dictionary"),
    Defect(
      "v2-piece-layer-missing", layered.setting("piece layers", .key(layeredRoot), to: nil), layeredPlace, "the layer of a is missing"),
    Defect(
      "v2-piece-layer-not-a-string", layered.setting("piece layers", .key(layeredRoot), to: .integer(1)), layeredPlace, "must be a string"),
    Defect(
      "v2-piece-layer-too-short", layered.setting("piece layers", .key(layeredRoot), to: .bytes([UInt8](repeating: 1, count: 96))),
      layeredPlace, "96 bytes are not the 4 hashes of a"),
    Defect(
      "v2-piece-layer-wrong", layered.setting("piece layers", .key(layeredRoot), to: .bytes([UInt8](repeating: 1, count: 128))),
      layeredPlace, "do not make its root"),
    Defect("v2-piece-layer-key-short", layered.setting("piece layers", "short", to: .string("")), "piece layers", "not a SHA-256"),
  ]

  private static let hybridDefects: [Defect] = [
    Defect("hybrid-pieces-missing", hybrid.setting("info", "pieces", to: nil), "info.pieces", "is missing"),
    Defect("hybrid-files-missing", hybrid.setting("info", "files", to: nil), "info.length", "is missing"),
    Defect("hybrid-pad-missing", hybrid.setting("info", "files", 1, to: nil), "info.files[1]", "for want of a fitting pad file"),
    Defect("hybrid-pad-too-short", hybrid.setting("info", "files", 1, "length", to: .integer(16_000)), "info.files[2]", "for want of"),
    Defect(
      "hybrid-tail-pad-too-long", hybrid.setting("info", "files", 3, to: .dictionary(["attr": .string("p"), "length": .integer(20_000)])),
      "info.files", "longer than its piece"),
    Defect("hybrid-file-only-in-tree", hybrid.setting("info", "files", 2, to: nil), "info.files", "b/c is only in info.file tree"),
    Defect(
      "hybrid-file-only-in-list", hybrid.setting("info", "files", 3, to: .dictionary(["length": .integer(0), "path": .strings("z")])),
      "info.files[3]", "is not in info.file tree"),
    Defect("hybrid-lengths-differ", hybrid.setting("info", "files", 2, "length", to: .integer(21)), "info.files[2]", "21 bytes, but 20"),
    Defect("hybrid-paths-differ", hybrid.setting("info", "files", 2, "path", 1, to: .string("d")), "info.files[2]", "is b/d, but"),
    Defect(
      "hybrid-symlinks-differ",
      hybrid.setting(
        "info", "files", 3, to: .dictionary(["attr": .string("l"), "path": .strings("z"), "symlink path": .strings("a")])
      ).setting(
        "info", "file tree", "z",
        to: .dictionary(["": .dictionary(["attr": .string("l"), "symlink path": .strings("b")])])),
      "info.files[3]", "not the same symlink"),
  ]

  private static func portability(_ name: String, _ component: String, _ problem: String) -> Defect {
    Defect(
      "not-portable-" + name, v1.setting("info", "files", 1, "path", 1, to: .string(component)), "info.files[1].path[1]", problem,
      portability: true)
  }

  private static let portabilityDefects: [Defect] = [
    portability("backslash", "..\\c", "has the character \\"),
    portability("colon", "c:d", "has the character :"),
    portability("control-character", "c\u{7}", "has the character \\u{7}"),
    portability("trailing-dot", "c.", "ends with a dot"),
    portability("trailing-space", "c ", "ends with a dot or a space"),
    portability("device", "aux.txt", "device on Windows"),
    portability("numbered-device", "COM1", "device on Windows"),
    Defect(
      "not-portable-case", v1.setting("info", "files", 2, to: .dictionary(["length": .integer(1), "path": .strings("B", "x")])),
      "info.files[2].path", "B differs from another name beside it only in case", portability: true),
    Defect(
      "not-portable-letter-form",
      v1.setting("info", "files", 1, "path", 1, to: .string("\u{E9}"))
        .setting("info", "files", 2, to: .dictionary(["length": .integer(1), "path": .strings("b", "e\u{301}")])),
      "info.files[2].path", "form of its letters", portability: true),
  ]
}
