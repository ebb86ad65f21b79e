import Metainfo

/// What is remembered of an artifact that is being fetched, over an end of the process or of the machine: a value that is stored in the staging
/// folder, and that an inventory may keep too.
package struct WritingRecord: Sendable, Hashable {
  /// The pieces that were right, and forced to disk before they were recorded.
  package var held: Bitfield
  /// By file index: what each file was then; nil where there was none.
  package var files: [FileIdentity?]
  /// Nothing was written after the record: any change since is somebody else's. Else changed times are explained by what we wrote ourselves.
  package var isClosed: Bool

  package init(held: Bitfield, files: [FileIdentity?], isClosed: Bool) {
    (self.held, self.files, self.isClosed) = (held, files, isClosed)
  }

  /// Bencoded, with the torrent's info-hash.
  package func encoded(for infoHash: InfoHash) -> [UInt8] {
    let files = files.map { identity -> Bencode in
      guard let identity else { return .list([]) }
      let numbers = [
        Int64(bitPattern: identity.device), Int64(bitPattern: identity.inode), identity.size, identity.modified, identity.changed,
      ]
      return .list(numbers.map(Bencode.integer))
    }
    return Bencode.dictionary([
      "closed": .integer(isClosed ? 1 : 0), "files": .list(files), "hash": .bytes(infoHash.preferredWire.bytes),
      "held": .bytes(held.bytes), "version": .integer(1),
    ]).encoded()
  }

  /// Nil for anything but a record of this torrent. Then nothing is known of what is there, and all of it is hashed.
  package init?(_ bytes: [UInt8], infoHash: InfoHash, layout: PieceLayout) {
    guard let fields = try? Bencode.decode(bytes, limits: .torrent), fields["version"]?.integer == 1,
      fields["hash"]?.bytes == infoHash.preferredWire.bytes, let bits = fields["held"]?.bytes,
      let held = Bitfield(count: layout.pieceCount, bytes: bits), let list = fields["files"]?.list,
      list.count == layout.files.count
    else { return nil }
    self.init(held: held, files: list.map(Self.identity), isClosed: fields["closed"]?.integer == 1)
  }

  private static func identity(_ value: Bencode) -> FileIdentity? {
    let numbers = value.list?.compactMap(\.integer) ?? []
    guard numbers.count == 5 else { return nil }
    return FileIdentity(
      device: UInt64(bitPattern: numbers[0]), inode: UInt64(bitPattern: numbers[1]), size: numbers[2], modified: numbers[3],
      changed: numbers[4])
  }

  /// Whether the file, as it is now, is the one that was recorded, changed by nobody but us.
  func holds(for file: Int, now: FileIdentity?) -> Bool {
    guard files.indices.contains(file), let before = files[file], let now else { return false }
    guard !isClosed else { return before == now }
    return before.device == now.device && before.inode == now.inode && before.size == now.size && before.modified <= now.modified
  }
}
