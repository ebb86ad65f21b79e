/// The order of names by their bytes, as BEP 52's file tree has it. Swift's own order of strings goes by Unicode's equivalences, under
/// which two files of one folder can be the same.
enum BytewiseOrder {
  static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  static func precedes(_ left: [String], _ right: [String]) -> Bool {
    left.lexicographicallyPrecedes(right, by: precedes)
  }
}
