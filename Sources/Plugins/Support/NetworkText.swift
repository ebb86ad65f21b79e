internal import PluginKit

/// Reads an address or a network as operators write it in lists, and says what is wrong with what is neither.
enum NetworkText {
  static func parse(_ text: String) throws(SettingsProblem) -> IPNetwork {
    if text.contains("%") {
      throw SettingsProblem("'\(text)' names an interface; a list knows addresses and networks only")
    }
    guard let network = IPNetwork(text) else {
      throw SettingsProblem("'\(text)' is not an address or a network such as 10.20.0.0/16 or fd00::/8")
    }
    guard !network.hasHostBits else {
      throw SettingsProblem("'\(text)' has bits set beyond its prefix: write \(network.canonical), or \(network.address) for one address")
    }
    return network
  }
}
