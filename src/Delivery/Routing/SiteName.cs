namespace Relay.Delivery;

/// <summary>Derives a site's name from its MX hosts: provider rule, else the registrable part the most preferred hosts share, else the set of parts.</summary>
/// <remarks>
/// The registrable part is approximated by the last two labels, three below the second-level suffixes listed here. Too coarse a guess
/// only makes two sites share their limits; connections are reused only for hosts that a route itself names.
/// </remarks>
internal static class SiteName
{
    private const int MaxParts = 4;

    private static readonly HashSet<string> SecondLevelSuffixes = new(StringComparer.Ordinal)
    {
        "co.uk", "org.uk", "ac.uk", "gov.uk", "me.uk", "ltd.uk", "plc.uk", "net.uk", "nhs.uk", "sch.uk",
        "com.au", "net.au", "org.au", "edu.au", "gov.au", "id.au", "co.nz", "net.nz", "org.nz", "ac.nz", "govt.nz",
        "co.jp", "ne.jp", "or.jp", "ac.jp", "go.jp", "gr.jp", "ad.jp", "com.br", "net.br", "org.br", "gov.br", "edu.br",
        "com.cn", "net.cn", "org.cn", "gov.cn", "edu.cn", "com.tw", "net.tw", "org.tw", "edu.tw", "com.hk", "net.hk", "org.hk",
        "co.kr", "or.kr", "ne.kr", "ac.kr", "go.kr", "co.in", "net.in", "org.in", "gov.in", "ac.in", "co.za", "org.za", "net.za", "gov.za",
        "com.mx", "org.mx", "gob.mx", "com.ar", "gob.ar", "org.ar", "com.tr", "org.tr", "gov.tr", "edu.tr", "com.sg", "edu.sg", "gov.sg",
        "com.my", "net.my", "org.my", "co.il", "org.il", "ac.il", "net.il", "com.pl", "net.pl", "org.pl", "com.ua", "net.ua", "org.ua",
        "co.id", "or.id", "ac.id", "go.id", "com.vn", "net.vn", "com.ph", "com.pk", "com.eg", "com.sa", "com.co", "com.pe", "com.ve",
        "co.th", "in.th", "ac.th", "or.th", "go.th", "com.gr", "com.cy", "com.mt", "com.pt", "com.es", "co.at", "or.at", "co.hu", "com.ro",
        "com.ng", "co.ke", "com.gh", "com.ec", "com.uy", "com.py", "com.bo", "com.gt", "co.cr",
    };

    /// <param name="hosts">Host names with their preferences, at least one.</param>
    public static string Of(IReadOnlyList<(int Preference, string Host)> hosts, ProviderTable providers)
    {
        var best = hosts.Min(h => h.Preference);
        var parts = hosts
            .Where(h => h.Preference == best)
            .Select(h => OfHost(h.Host, providers))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        return string.Join('+', parts.Take(MaxParts));
    }

    private static string OfHost(string host, ProviderTable providers)
    {
        var name = host.ToLowerInvariant();
        return providers.OfHost(name)?.Name ?? Registrable(name);
    }

    private static string Registrable(string host)
    {
        var labels = host.Split('.');
        if (labels.Length <= 2)
        {
            return host;
        }

        var keep = SecondLevelSuffixes.Contains($"{labels[^2]}.{labels[^1]}") ? 3 : 2;
        return string.Join('.', labels[^keep..]);
    }
}
