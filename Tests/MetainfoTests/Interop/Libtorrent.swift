import Foundation

/// python3-libtorrent, asked what it makes of a torrent or a folder.
enum Libtorrent {
  struct Answer: Decodable {
    struct File: Decodable, Equatable {
      let path: String
      let size: Int64
      let pad: Bool
      let executable: Bool
      let symlink: String
      let root: String
    }

    let v1: String?
    let v2: String?
    let name: String
    let pieceLength: Int
    let pieces: Int
    let isPrivate: Bool
    let isValid: Bool
    let sslCertificate: String
    let files: [File]
    let hashes: [String]
  }

  private static let describe = """
    import libtorrent as lt, json, sys
    def describe(path):
      ti = lt.torrent_info(path)
      h, fs = ti.info_hashes(), ti.files()
      def file(i):
        flags = fs.file_flags(i)
        link = bool(flags & lt.file_flags_t.flag_symlink)
        return {"path": fs.file_path(i), "size": fs.file_size(i), "pad": bool(flags & lt.file_flags_t.flag_pad_file),
          "executable": bool(flags & lt.file_flags_t.flag_executable), "symlink": fs.symlink(i) if link else "",
          "root": str(fs.root(i)) if h.has_v2() else ""}
      print(json.dumps({"v1": str(h.v1) if h.has_v1() else None, "v2": str(h.v2) if h.has_v2() else None, "name": ti.name(),
        "pieceLength": ti.piece_length(), "pieces": ti.num_pieces(), "isPrivate": ti.priv(),
        "isValid": ti.is_valid(), "sslCertificate": ti.ssl_cert(),
        "files": [file(i) for i in range(fs.num_files())],
        "hashes": [ti.hash_for_piece(i).hex() for i in range(ti.num_pieces())] if h.has_v1() else []}))

    """

  private static let create = """
    def create(folder, version, output, root=None):
      import os
      fs = lt.file_storage()
      lt.add_files(fs, folder, flags=int(lt.create_torrent.symlinks))
      flags = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}[version]
      t = lt.create_torrent(fs, 16384, int(flags) | int(lt.create_torrent.symlinks))
      t.set_priv(True)
      if root: t.set_root_cert(open(root).read())
      t.add_tracker("http://tracker.example/announce")
      lt.set_piece_hashes(t, os.path.dirname(folder))
      open(output, "wb").write(lt.bencode(t.generate()))

    """

  /// What libtorrent reads from a torrent.
  static func read(_ path: String) throws -> Answer {
    try run(describe + "describe(sys.argv[1])", [path])
  }

  /// Has libtorrent make a torrent of pieces of 16 KiB from a file or folder; an SSL torrent where there is a file with its root.
  static func make(_ folder: String, version: String, output: String, root: String? = nil) throws -> Answer {
    try run(
      describe + create + "create(*sys.argv[1:])\ndescribe(sys.argv[3])", [folder, version, output] + (root.map { [$0] } ?? []))
  }

  private static func run(_ script: String, _ arguments: [String]) throws -> Answer {
    let output = try ExternalTool.python.run(["-c", script] + arguments)
    return try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
  }
}
