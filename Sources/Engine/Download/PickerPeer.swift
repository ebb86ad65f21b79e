import Metainfo

/// What the picker knows of a connection.
struct PickerPeer: Sendable {
  /// Its pieces; nil where it has all.
  var pieces: PieceSet?
  /// How many of its pieces we want and lack.
  var wanted = 0
  /// Pieces that it allows while it chokes us.
  var allowedFast: [Int] = []
  /// Pieces that it suggests, the latest last.
  var suggested: [Int] = []
  var withheld = WithheldBlocks()
  /// It gave a block of a piece that failed: it is given pieces of its own, so that it is seen who gave what.
  var isOnParole = false

  func has(_ piece: Int) -> Bool { pieces?[piece] ?? true }
}

/// Random numbers from a seed (SplitMix64): a test that found something finds it again.
struct PickerRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
