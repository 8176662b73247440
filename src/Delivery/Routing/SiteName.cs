namespace Relay.Delivery;

/// <summary>Derives a site's name from its MX hosts: provider rule, else the registrable part the most preferred hosts share, else the set of parts.</summary>
/// <remarks>
/// The registrable part is approximated by the last two labels, three below the second-level suffixes listed here. Too coarse a guess
/// only makes two sites share their limits; connections are reused only for hosts that a route itself names.
/// </remarks>
internal static class SiteName
{
    private const int MaxParts = 4;

    // Host suffix → name. One provider may answer under several suffixes and still count connections and complaints together.
    private static readonly (string Suffix, string Name)[] Providers =
    [
        ("google.com", "google"),
        ("googlemail.com", "google"),
        ("psmtp.com", "google"),
        ("protection.outlook.com", "microsoft"),
        ("mx.microsoft", "microsoft"),
        ("olc.protection.outlook.com", "microsoft"),
        ("hotmail.com", "microsoft"),
        ("yahoodns.net", "yahoo"),
        ("mail.icloud.com", "apple"),
        ("mail.protonmail.ch", "proton"),
        ("protonmail.ch", "proton"),
        ("zoho.com", "zoho"),
        ("zoho.eu", "zoho"),
        ("messagingengine.com", "fastmail"),
        ("pphosted.com", "proofpoint"),
        ("ppe-hosted.com", "proofpoint"),
        ("mimecast.com", "mimecast"),
        ("barracudanetworks.com", "barracuda"),
        ("iphmx.com", "cisco"),
        ("messagelabs.com", "symantec"),
        ("gmx.net", "united-internet"),
        ("web.de", "united-internet"),
        ("kundenserver.de", "ionos"),
        ("yandex.net", "yandex"),
        ("yandex.ru", "yandex"),
        ("mail.ru", "vk"),
        ("qq.com", "tencent"),
        ("ovh.net", "ovh"),
        ("gandi.net", "gandi"),
        ("secureserver.net", "godaddy"),
        ("comcast.net", "comcast"),
        ("t-online.de", "telekom"),
    ];

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
    public static string Of(IReadOnlyList<(int Preference, string Host)> hosts)
    {
        var best = hosts.Min(h => h.Preference);
        var parts = hosts
            .Where(h => h.Preference == best)
            .Select(h => OfHost(h.Host))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        return string.Join('+', parts.Take(MaxParts));
    }

    private static string OfHost(string host)
    {
        var name = host.ToLowerInvariant();
        foreach (var (suffix, provider) in Providers)
        {
            if (IsWithin(name, suffix))
            {
                return provider;
            }
        }

        return Registrable(name);
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

    private static bool IsWithin(string host, string suffix) =>
        host.EndsWith(suffix, StringComparison.Ordinal)
        && (host.Length == suffix.Length || host[^(suffix.Length + 1)] == '.');
}
