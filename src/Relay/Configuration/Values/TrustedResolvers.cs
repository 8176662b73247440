using System.Net;
using Relay.Toml;

namespace Relay;

/// <summary>Whose AD bit is believed (RFC 4035 §3.2.3): resolvers on loopback, nobody, or the resolvers listed.</summary>
internal sealed class TrustedResolvers
{
    public static readonly TrustedResolvers Loopback = new(true, []);
    public static readonly TrustedResolvers None = new(false, []);

    private TrustedResolvers(bool trustsLoopback, IReadOnlyList<IPAddress> addresses)
    {
        TrustsLoopback = trustsLoopback;
        Addresses = addresses;
    }

    public bool TrustsLoopback { get; }

    public IReadOnlyList<IPAddress> Addresses { get; }

    public bool Trusts(IPAddress resolver) => (TrustsLoopback && IPAddress.IsLoopback(resolver)) || Addresses.Contains(resolver);

    public static TrustedResolvers? FromToml(TomlValue value) => value switch
    {
        TomlString { Value: "loopback" } => Loopback,
        TomlString { Value: "none" } => None,
        TomlArray array when array.All(static item => item is TomlString) => FromAddresses([.. array.Cast<TomlString>().Select(static s => s.Value)]),
        _ => null,
    };

    public static TrustedResolvers? FromText(string text) => text switch
    {
        "loopback" => Loopback,
        "none" => None,
        _ => FromAddresses(text.Split(',', StringSplitOptions.TrimEntries)),
    };

    public override string ToString()
    {
        if (TrustsLoopback)
        {
            return "\"loopback\"";
        }

        return Addresses.Count == 0 ? "\"none\"" : "[" + string.Join(", ", Addresses.Select(static a => TomlText.Quote(a.ToString()))) + "]";
    }

    private static TrustedResolvers? FromAddresses(string[] texts)
    {
        var addresses = texts.Select(Endpoint.TryParseAddress).ToArray();
        return addresses.Contains(null) ? null : new TrustedResolvers(false, addresses!);
    }
}
