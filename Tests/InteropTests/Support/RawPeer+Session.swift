import Foundation
import TestSupport

extension RawPeer {
  /// Sends a handshake for the artifact; whether one for the same info-hash came back.
  func shakeHands(_ artifact: GranaryArtifact) async throws -> Bool {
    let hash = PeerBytes.hex(artifact.handshakeHash)
    await send(PeerBytes.handshake(infoHash: hash))
    let answer = try await bytes(PeerBytes.handshakeLength)
    return answer.map { Array($0[28..<48]) } == hash
  }

  /// The pieces that the other side says it has in its first message about pieces.
  func announcedPieces(of artifact: GranaryArtifact) async throws -> Set<Int>? {
    guard let first = try await first([PeerBytes.ID.bitfield, PeerBytes.ID.haveAll, PeerBytes.ID.haveNone]) else { return nil }
    switch first.id {
    case PeerBytes.ID.haveAll: return Set(0..<artifact.pieceCount)
    case PeerBytes.ID.haveNone: return []
    default: return Set((0..<first.payload.count * 8).filter { first.payload[$0 / 8] & (0x80 >> UInt8($0 % 8)) != 0 })
    }
  }

  /// Waits to be let in, then asks for the first block of the piece; whether it came.
  func canDownload(piece: Int) async throws -> Bool {
    await send(id: PeerBytes.ID.interested)
    guard try await first([PeerBytes.ID.unchoke]) != nil else { return false }
    return try await gets(piece: piece)
  }

  /// Asks for the first block of the piece; whether it came.
  func gets(piece: Int) async throws -> Bool {
    await send(id: PeerBytes.ID.request, PeerBytes.block(piece, 0, 16_384))
    return try await first([PeerBytes.ID.piece, PeerBytes.ID.reject])?.id == PeerBytes.ID.piece
  }
}

extension GranaryArtifact {
  /// How many pieces there are, where each file begins a piece of its own (hybrid and v2).
  var pieceCount: Int { files.reduce(0) { $0 + pieces($1.length) } }

  /// The pieces of a file, by its name, where each file begins a piece of its own.
  func pieces(ofFile name: String) -> Range<Int>? {
    guard let index = files.firstIndex(where: { $0.path == name || $0.path.hasSuffix("/" + name) }) else { return nil }
    let start = files[..<index].reduce(0) { $0 + pieces($1.length) }
    return start..<start + pieces(files[index].length)
  }

  private func pieces(_ length: Int) -> Int { (length + pieceLength - 1) / pieceLength }
}
