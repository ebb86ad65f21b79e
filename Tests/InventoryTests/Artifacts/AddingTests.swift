import GRDB
import Metainfo
import Testing

@testable import Inventory

struct AddingTests {
  private let database: InventoryDatabase

  init() throws { database = try InventoryDatabase.inMemory() }

  @Test func `An artifact comes back as it was added`() throws {
    let torrent = try Made.torrent("tools", v1: Made.hash(1), v2: String(repeating: "ab", count: 32))
    let artifact = try database.add(Made.artifact(torrent, name: "Tools 1.0", labels: ["team": "build", "tier": "1"]), at: .noon)
    #expect(artifact.name == "Tools 1.0")
    #expect(artifact.infoHash == torrent.infoHash)
    #expect(artifact.pieceLength == 16_384 && artifact.pieceCount == torrent.layout.pieceCount)
    #expect(artifact.size == 80_000 && artifact.fileCount == 2 && artifact.isPrivate)
    #expect(artifact.dataRoot == "/srv/artifacts" && artifact.torrentPath == "/srv/torrents/tools.torrent")
    #expect(artifact.state == .ready && artifact.stateReason.isEmpty)
    #expect(artifact.addedAt == .noon && artifact.stateAt == .noon)
    #expect(artifact.labels == ["team": "build", "tier": "1"])
    #expect(artifact.verifiedPieces == torrent.layout.pieceCount)
    #expect(try database.artifact(artifact.id) == artifact)
    #expect(try database.torrent(of: artifact.id) == Array("torrent of tools".utf8))
    #expect(try database.evidence(of: artifact.id) == Made.evidence(of: torrent))
    let files = try database.files(of: artifact.id)
    #expect(files.map(\.path) == ["tools/part-0", "tools/part-1"])
    #expect(files.map(\.index) == [0, 2])
    #expect(files.map(\.identity) == [Made.identity(0), Made.identity(2)])
  }

  @Test func `An artifact without pieces has evidence of none`() throws {
    let torrent = try Made.torrent("empty", v1: Made.hash(1), files: 0)
    let artifact = try database.add(Made.artifact(torrent), at: .noon)
    #expect(try database.evidence(of: artifact.id)?.pieces == Bitfield(count: 0))
    #expect(artifact.verifiedPieces == 0)
  }

  @Test func `Either info-hash of an artifact that is there makes a new one a duplicate`() throws {
    let v2 = String(repeating: "cd", count: 32)
    let hybrid = try database.add(Made.artifact(Made.torrent("hybrid", v1: Made.hash(1), v2: v2)), at: .noon)
    #expect(throws: InventoryError.duplicate(hybrid)) {
      try database.add(Made.artifact(Made.torrent("again", v1: Made.hash(1))), at: .noon)
    }
    #expect(throws: InventoryError.duplicate(hybrid)) { try database.add(Made.artifact(Made.torrent("again", v2: v2)), at: .noon) }
    #expect(try database.artifacts() == [hybrid])
  }

  @Test func `What the schema refuses leaves nothing behind`() throws {
    let torrent = try Made.torrent("tools", v1: Made.hash(1))
    let short = Evidence(pieces: Bitfield(count: 1), verifiedAt: .noon, method: .hashed)
    let files = ArtifactFile.files(of: torrent, identities: [:])
    func data(_ files: [ArtifactFile], _ evidence: Evidence?) -> ArtifactData {
      ArtifactData(dataRoot: "/srv", torrentPath: nil, files: files, evidence: evidence, state: .ready)
    }
    for bad in [
      NewArtifact(torrent: torrent, torrentBytes: [1], name: "", data: data(files, nil)),
      NewArtifact(torrent: torrent, torrentBytes: [1], name: "a\0b", data: data(files, nil)),
      NewArtifact(torrent: torrent, torrentBytes: [], data: data(files, nil)),
      NewArtifact(torrent: torrent, torrentBytes: [1], data: data(files + files, nil)),
      NewArtifact(torrent: torrent, torrentBytes: [1], data: data(files, short)),
      NewArtifact(torrent: torrent, torrentBytes: [1], data: data(files, nil), labels: ["": "x"]),
    ] {
      #expect { try database.add(bad, at: .noon) } throws: { if case .invalid? = $0 as? InventoryError { true } else { false } }
    }
    #expect(try database.artifacts().isEmpty)
    #expect(try database.rows("SELECT count(*) FROM files") == [["0"]])
  }

  @Test func `Replaced data brings its own place, files, evidence and state, and leaves the rest`() throws {
    let torrent = try Made.torrent("tools", v1: Made.hash(1))
    let artifact = try database.add(Made.artifact(torrent, labels: ["team": "build"]), at: .noon)
    let files = ArtifactFile.files(of: torrent, identities: [0: Made.identity(9)])
    let data = ArtifactData(dataRoot: "/mnt", torrentPath: nil, files: files, evidence: nil, state: .verifying, stateReason: "moved")
    let moved = try database.replaceData(of: artifact.id, with: data, at: .noon(plus: 5))
    #expect(moved.dataRoot == "/mnt" && moved.torrentPath == nil && moved.verifiedPieces == nil)
    #expect(moved.state == .verifying && moved.stateReason == "moved" && moved.stateAt == .noon(plus: 5))
    #expect(moved.labels == ["team": "build"] && moved.addedAt == .noon && moved.id == artifact.id)
    #expect(try database.files(of: artifact.id) == files)
    #expect(throws: InventoryError.unknownArtifact("#99")) {
      try database.replaceData(of: ArtifactID(rawValue: 99), with: data, at: .noon)
    }
  }

  @Test func `Labels are replaced as a whole`() throws {
    let artifact = try database.add(Made.artifact(Made.torrent("tools", v1: Made.hash(1)), labels: ["a": "1", "b": "2"]), at: .noon)
    try database.setLabels(["b": "3"], of: artifact.id)
    #expect(try database.artifact(artifact.id).labels == ["b": "3"])
  }

  @Test func `A removed artifact leaves nothing behind, and its id is not used again`() throws {
    let artifact = try database.add(Made.artifact(Made.torrent("tools", v1: Made.hash(1)), labels: ["a": "1"]), at: .noon)
    try database.record([Made.delta(artifact: artifact.id, bytes: 1)])
    #expect(try database.remove(artifact.id) == artifact)
    for table in ["artifacts", "torrents", "files", "evidence", "artifact_labels", "transfers"] {
      #expect(try database.rows("SELECT count(*) FROM \(table)") == [["0"]], "\(table)")
    }
    #expect(throws: InventoryError.unknownArtifact("#1")) { try database.remove(artifact.id) }
    #expect(throws: InventoryError.unknownArtifact("#1")) { try database.torrent(of: artifact.id) }
    #expect(try database.add(Made.artifact(1), at: .noon).id != artifact.id)
  }
}
