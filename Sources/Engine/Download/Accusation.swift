/// A peer that has given what is wrong, and how that is known. It is to be refused for the artifact.
package struct Accusation: Sendable, Hashable {
  package enum Evidence: Sendable, Hashable {
    /// Everything of a piece that failed came from it.
    case gaveAll
    /// These blocks of a piece that failed are not what they were when the piece passed, by index.
    case differed(blocks: [Int])
    /// These blocks are not what the file's merkle tree says (BEP 52), by index.
    case disproven(blocks: [Int])
    /// It answered a hash request with hashes that do not lead to the file's root.
    case wrongHashes
  }

  package let peer: PeerNumber
  package let piece: Int
  package let evidence: Evidence

  package init(peer: PeerNumber, piece: Int, _ evidence: Evidence) {
    (self.peer, self.piece, self.evidence) = (peer, piece, evidence)
  }

  /// The reason, for the journal and for people.
  package var reason: String {
    switch evidence {
    case .gaveAll: "gave piece \(piece), which is wrong"
    case .differed(let blocks): "gave wrong data: \(Self.list(blocks)) of piece \(piece)"
    case .disproven(let blocks): "gave data that the merkle tree disproves: \(Self.list(blocks)) of piece \(piece)"
    case .wrongHashes: "gave wrong hashes of piece \(piece)"
    }
  }

  private static func list(_ blocks: [Int]) -> String {
    let shown = blocks.prefix(4).map(String.init).joined(separator: ", ") + (blocks.count > 4 ? ", …" : "")
    return (blocks.count == 1 ? "block " : "blocks ") + shown
  }
}
