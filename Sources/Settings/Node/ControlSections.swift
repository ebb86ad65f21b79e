internal import PluginKit

// `control`, as it is written. What is missing between its keys is found by `ControlChecks`.

/// `control`.
struct ControlSection: Decodable {
  let listen: [ControlListenSection]
  let hosts: [HostName]?
  let uploads: Placed<FilePath>?
  let spot: Spot

  private enum CodingKeys: CodingKey { case listen, hosts, uploads }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    listen = try container.decode([ControlListenSection].self, forKey: .listen)
    hosts = try container.decodeIfPresent([HostName].self, forKey: .hosts)
    uploads = try container.decodeIfPresent(Placed<FilePath>.self, forKey: .uploads)
    spot = Spot(decoder)
  }
}

/// An entry of `control.listen`.
struct ControlListenSection: Decodable {
  let address: Placed<SocketAddress>
  let tls: TLSName?
  let identities: [HTTPIdentity]?
  let readers: [HTTPIdentity]?
  let tokens: FilePath?
  let spot: Spot

  private enum CodingKeys: CodingKey { case address, tls, identities, readers, tokens }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    address = try container.decode(Placed<SocketAddress>.self, forKey: .address)
    tls = try container.decodeIfPresent(TLSName.self, forKey: .tls)
    identities = try container.decodeIfPresent([HTTPIdentity].self, forKey: .identities)
    readers = try container.decodeIfPresent([HTTPIdentity].self, forKey: .readers)
    tokens = try container.decodeIfPresent(FilePath.self, forKey: .tokens)
    spot = Spot(decoder)
  }
}
