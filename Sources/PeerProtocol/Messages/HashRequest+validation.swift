import Metainfo

extension HashRequest {
  /// Why a hash request cannot be answered from a file's tree. The answer is then `hash reject`, not the end of the connection.
  package enum Refusal: String, Hashable, Sendable {
    /// No file of the torrent has this root.
    case unknownRoot = "unknown_root"
    /// `length` is not a power of two, or greater than we serve.
    case badLength = "bad_length"
    /// The tree has no such layer.
    case noSuchLayer = "no_such_layer"
    /// The hashes are not all within the layer, or `index` is not a multiple of `length`.
    case outsideLayer = "outside_layer"
    /// More proof layers than there are below the root.
    case tooManyProofLayers = "too_many_proof_layers"
  }

  /// The most hashes that one request may ask for, libtorrent's limit: the leaves of a 128 MiB piece.
  package static let maximumLength: UInt32 = 8192

  /// Why a file of `fileLength` bytes (nil: there is no file with this root) cannot answer; nil where it can. The rules are BEP 52's as
  /// libtorrent applies them: it asks for a single hash at the end of a layer, which the BEP forbids and we take.
  package func refusal(fileLength: Int64?) -> Refusal? {
    guard let fileLength, fileLength > 0 else { return .unknownRoot }
    guard length.nonzeroBitCount == 1, length <= Self.maximumLength else { return .badLength }
    let height = Self.height(fileLength: fileLength)
    guard baseLayer < height else { return .noSuchLayer }
    let width = UInt64(1) << UInt64(height - baseLayer)
    guard index.isMultiple(of: length), UInt64(index) + UInt64(length) <= width else { return .outsideLayer }
    guard proofLayers < height - baseLayer else { return .tooManyProofLayers }
    return nil
  }

  /// How many uncle hashes follow the requested ones: the proof layers, less those that the requested hashes make by themselves
  /// (`log2(length) - 1`; a single hash makes none and needs its sibling too).
  package var uncleCount: Int {
    guard length > 0 else { return 0 }
    return max(0, Int(proofLayers) - (length.trailingZeroBitCount - 1))
  }

  /// How many hashes an answer carries.
  package var hashCount: Int { Int(length) + uncleCount }

  /// The layers above the leaves, of which the topmost is the root: 0 for a file of one block. The leaves are padded to a power of two.
  package static func height(fileLength: Int64) -> UInt32 {
    let lastBlock = UInt64(max(0, fileLength - 1)) / UInt64(Block.standardLength)
    return UInt32(UInt64.bitWidth - lastBlock.leadingZeroBitCount)
  }
}
