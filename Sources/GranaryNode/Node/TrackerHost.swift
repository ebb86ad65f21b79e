import Foundation

/// The host of an announce URL.
enum TrackerHost {
  static func of(_ url: String) -> String? { URLComponents(string: url)?.host }
}
