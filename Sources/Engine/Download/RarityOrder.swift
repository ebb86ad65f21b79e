/// The pieces that are wanted and not begun, by priority and then by how many peers have them.
///
/// For each priority one array holds its pieces from the rarest to the commonest, in buckets of equal availability. One peer more or fewer
/// moves a piece to the neighbouring bucket by a swap with the bucket's edge: O(1), whatever the number of pieces. A piece goes in or out in
/// as many swaps as there are buckets above its own, at most the number of peers. Twelve bytes a piece.
struct RarityOrder: Sendable {
  /// The pieces of one priority.
  private struct Level: Sendable {
    var pieces: [UInt32] = []
    /// Where each bucket ends in `pieces`; the index is the availability.
    var ends: [Int] = [0]

    func start(_ bucket: Int) -> Int { bucket == 0 ? 0 : ends[bucket - 1] }
  }

  private static let absent = UInt32.max
  private var levels = [Level](repeating: Level(), count: PiecePriority.allCases.count)
  /// By piece: its place in its level's array.
  private var places: [UInt32]
  /// By piece: the peers that have it, those that have everything left out.
  private var counts: [UInt32]
  private var priorities: [PiecePriority]
  /// How many pieces are in the order.
  private(set) var count = 0

  /// All of these pieces are known, none is in the order yet.
  init(priorities: [PiecePriority]) {
    self.priorities = priorities
    places = [UInt32](repeating: Self.absent, count: priorities.count)
    counts = [UInt32](repeating: 0, count: priorities.count)
  }

  func availability(_ piece: Int) -> Int { counts.indices.contains(piece) ? Int(counts[piece]) : 0 }
  func priority(_ piece: Int) -> PiecePriority { priorities.indices.contains(piece) ? priorities[piece] : .skip }
  func contains(_ piece: Int) -> Bool { places.indices.contains(piece) && places[piece] != Self.absent }

  // MARK: Changes

  mutating func insert(_ piece: Int) {
    guard places.indices.contains(piece), !contains(piece) else { return }
    let (level, bucket) = (Int(priorities[piece].rawValue), Int(counts[piece]))
    extend(level, to: bucket)
    var hole = levels[level].pieces.count
    levels[level].pieces.append(UInt32(piece))
    for above in stride(from: levels[level].ends.count - 1, to: bucket, by: -1) {
      let first = levels[level].start(above)
      if first != hole { move(level, from: first, to: hole) }
      hole = first
      levels[level].ends[above] += 1
    }
    levels[level].ends[bucket] += 1
    put(piece, level, at: hole)
    count += 1
  }

  mutating func remove(_ piece: Int) {
    guard contains(piece) else { return }
    let (level, bucket) = (Int(priorities[piece].rawValue), Int(counts[piece]))
    var hole = Int(places[piece])
    for above in bucket..<levels[level].ends.count {
      let last = levels[level].ends[above] - 1
      if last != hole { move(level, from: last, to: hole) }
      hole = last
      levels[level].ends[above] -= 1
    }
    levels[level].pieces.removeLast()
    places[piece] = Self.absent
    count -= 1
  }

  /// One peer more has the piece.
  mutating func raise(_ piece: Int) {
    guard counts.indices.contains(piece) else { return }
    let bucket = Int(counts[piece])
    counts[piece] += 1
    guard contains(piece) else { return }
    let level = Int(priorities[piece].rawValue)
    extend(level, to: bucket + 1)
    swap(piece, level, with: levels[level].ends[bucket] - 1)
    levels[level].ends[bucket] -= 1
  }

  /// One peer fewer has the piece.
  mutating func lower(_ piece: Int) {
    guard counts.indices.contains(piece), counts[piece] > 0 else { return }
    let bucket = Int(counts[piece])
    counts[piece] -= 1
    guard contains(piece) else { return }
    let level = Int(priorities[piece].rawValue)
    swap(piece, level, with: levels[level].start(bucket))
    levels[level].ends[bucket - 1] += 1
  }

  mutating func set(_ priority: PiecePriority, for piece: Int) {
    guard priorities.indices.contains(piece), priorities[piece] != priority else { return }
    let isIn = contains(piece)
    remove(piece)
    priorities[piece] = priority
    if isIn { insert(piece) }
  }

  // MARK: Looking

  /// The most urgent and rarest piece that is fit, within so many looks; of equals one at random. Also how many looks were not needed.
  func rarest(
    steps: Int, using random: inout some RandomNumberGenerator, where isFit: (Int) -> Bool
  ) -> (piece: Int?, stepsLeft: Int) {
    var steps = steps
    for level in levels.reversed() where !level.pieces.isEmpty {
      for bucket in level.ends.indices {
        let range = level.start(bucket)..<level.ends[bucket]
        guard !range.isEmpty else { continue }
        let first = Int.random(in: range, using: &random)
        for place in [first..<range.upperBound, range.lowerBound..<first].joined() {
          guard steps > 0 else { return (nil, 0) }
          steps -= 1
          if isFit(Int(level.pieces[place])) { return (Int(level.pieces[place]), steps) }
        }
      }
    }
    return (nil, steps)
  }

  /// A piece of the highest priority, at random; nil where there is none.
  func any(using random: inout some RandomNumberGenerator) -> Int? {
    levels.last { !$0.pieces.isEmpty }?.pieces.randomElement(using: &random).map(Int.init)
  }

  /// Whether `piece` is to be had before `other`.
  func precedes(_ piece: Int, _ other: Int) -> Bool {
    let (one, two) = (priority(piece), priority(other))
    return one == two ? availability(piece) < availability(other) : one > two
  }

  // MARK: Places

  private mutating func extend(_ level: Int, to bucket: Int) {
    while levels[level].ends.count <= bucket { levels[level].ends.append(levels[level].pieces.count) }
  }

  private mutating func put(_ piece: Int, _ level: Int, at place: Int) {
    levels[level].pieces[place] = UInt32(piece)
    places[piece] = UInt32(place)
  }

  private mutating func move(_ level: Int, from place: Int, to hole: Int) { put(Int(levels[level].pieces[place]), level, at: hole) }

  private mutating func swap(_ piece: Int, _ level: Int, with place: Int) {
    let (other, mine) = (Int(levels[level].pieces[place]), Int(places[piece]))
    put(other, level, at: mine)
    put(piece, level, at: place)
  }
}
