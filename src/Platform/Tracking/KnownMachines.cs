using System.Net;

namespace Relay.Platform.Tracking;

/// <summary>Programs that say who they are, and networks whose owners have said what they do from there.</summary>
/// <remarks>
/// Proxies that fetch when a person opens (Gmail's and Yahoo's image proxies) count as that person: they are the only sight of it we get.
/// Proxies and scanners that fetch whatever the person does count as machines. docs/api/tracking.md shows the same lists.
/// </remarks>
internal static class KnownMachines
{
    // Fetch when a person opens.
    private static readonly string[] PersonalProxies = ["GoogleImageProxy", "YahooMailProxy"];

    private static readonly string[] Words =
    [
        "bot", "crawler", "spider", "preview", "scanner", "monitor", "headless", "phantomjs", "externalhit",
        "barracuda", "proofpoint", "mimecast", "fireeye", "cloudmark", "trendmicro", "trend micro", "symantec", "forcepoint", "sophos", "ironport", "safelinks",
        "curl/", "wget/", "python", "go-http-client", "java/", "libwww-perl", "httpclient", "node-fetch", "axios", "aiohttp", "httpx", "guzzle", "ruby", "powershell",
    ];

    private static readonly string[] Exact =
    [
        // Apple's Mail Privacy Protection fetches all images when a message arrives.
        "Mozilla/5.0",

        // Gmail fetching ahead while somebody is logged in, apart from its image proxy.
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
    ];

    private static readonly IPNetwork[] Networks =
    [
        // Apple.
        IPNetwork.Parse("17.0.0.0/8"),

        // Microsoft: Exchange Online Protection.
        IPNetwork.Parse("40.92.0.0/15"), IPNetwork.Parse("40.107.0.0/16"), IPNetwork.Parse("52.100.0.0/14"), IPNetwork.Parse("104.47.0.0/17"),
        IPNetwork.Parse("2a01:111:f400::/48"), IPNetwork.Parse("2a01:111:f403::/48"),

        // Barracuda Email Gateway Defense.
        IPNetwork.Parse("64.235.144.0/20"), IPNetwork.Parse("209.222.80.0/21"),

        // Proofpoint.
        IPNetwork.Parse("67.231.144.0/20"), IPNetwork.Parse("148.163.128.0/19"), IPNetwork.Parse("205.220.160.0/19"),

        // Mimecast.
        IPNetwork.Parse("205.139.110.0/23"), IPNetwork.Parse("207.211.30.0/23"), IPNetwork.Parse("195.130.217.0/24"), IPNetwork.Parse("91.220.42.0/24"),
    ];

    /// <summary>True for programs that fetch an image because a person looks at the message.</summary>
    public static bool IsPersonalProxy(string? userAgent) =>
        userAgent is not null && Array.Exists(PersonalProxies, name => userAgent.Contains(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>No User-Agent at all is a program's, too.</summary>
    public static bool IsMachine(string? userAgent) =>
        string.IsNullOrWhiteSpace(userAgent)
        || Array.Exists(Exact, text => userAgent.Equals(text, StringComparison.Ordinal))
        || Array.Exists(Words, word => userAgent.Contains(word, StringComparison.OrdinalIgnoreCase));

    public static bool IsMachine(IPAddress address) => Array.Exists(Networks, network => network.Contains(address));
}
