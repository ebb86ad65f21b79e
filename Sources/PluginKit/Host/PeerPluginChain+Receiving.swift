import Metainfo
import NIOCore

/// The hooks about blocks that we ask for ourselves.
extension PeerPluginChain {
  /// What the first handler says to a request of ours that does not pass it; nil where it may go.
  package func writeRequest(_ block: Block) throws(PluginFailure) -> Answered<WriteRequestAnswer>? {
    try answer(.writeRequest, .writeRequest, unless: .pass) { try $0.writeRequest(block) }
  }

  /// What the first handler does with a block that the engine is not to take as it is; nil where the engine takes it.
  package func onPiece(_ block: Block, _ bytes: ByteBuffer) throws(PluginFailure) -> Answered<PieceAnswer>? {
    try answer(.onPiece, .onPiece, unless: .pass) { try $0.onPiece(block, bytes) }
  }

  package func onPiecePass(_ piece: Int) throws(PluginFailure) { try tell(.onPiecePass) { try $0.onPiecePass(piece) } }
  package func onPieceFailed(_ piece: Int) throws(PluginFailure) { try tell(.onPieceFailed) { try $0.onPieceFailed(piece) } }
}
