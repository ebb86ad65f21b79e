/// How well one figure tells two groups of samples apart: the area under the ROC curve, which is the part of all pairs whose sample from
/// the first group is the lesser one; ties count half. 0.5 says nothing, 0 and 1 say everything.
enum Separation {
  static func area(_ first: [Double], _ second: [Double]) -> Double {
    guard !first.isEmpty, !second.isEmpty else { return 0.5 }
    let sorted = (first.map { ($0, true) } + second.map { ($0, false) }).sorted { $0.0 < $1.0 }
    var (pairs, firsts, index) = (0.0, 0.0, 0)
    while index < sorted.count {
      let group = sorted[index...].prefix { $0.0 == sorted[index].0 }
      let ours = Double(group.count { $0.1 })
      let theirs = Double(group.count) - ours
      pairs += theirs * (firsts + ours / 2)
      firsts += ours
      index += group.count
    }
    return pairs / Double(first.count * second.count)
  }
}
