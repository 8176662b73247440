namespace Relay.Delivery;

/// <summary>What is known about receivers and what their replies ask for. Immutable; validated by who builds it.</summary>
public sealed record ShapingOptions
{
    /// <summary>Asked by suffix of the MX host: the longest one wins.</summary>
    public IReadOnlyList<ProviderPreset> Providers { get; init; } = [];

    /// <summary>Rules for replies of any site, asked after those of its provider.</summary>
    public IReadOnlyList<ReplyRule> Rules { get; init; } = [];

    /// <summary>Concurrency and rate follow the outcomes of each path.</summary>
    public bool Learning { get; init; } = true;

    /// <summary>How a level of limits that comes from here is named to operators.</summary>
    public string Origin { get; init; } = "presets";
}

/// <summary>A large receiver: under which hosts it answers, what it takes, what its replies mean.</summary>
public sealed record ProviderPreset
{
    /// <summary>The name of its site: <c>google</c>.</summary>
    public required string Name { get; init; }

    /// <summary>For people; null when the file does not say.</summary>
    public string? Title { get; init; }

    /// <summary>Where the figures come from, or that there are none; null when the file does not say.</summary>
    public string? Source { get; init; }

    /// <summary>When that was last looked at.</summary>
    public string? Checked { get; init; }

    /// <summary>Suffixes of its MX hosts, lower-case A-labels.</summary>
    public required IReadOnlyList<string> MxSuffixes { get; init; }

    /// <summary>Null members are left to the next level.</summary>
    public SiteOptions Limits { get; init; } = new();

    /// <summary>Asked in order; the first that matches acts.</summary>
    public IReadOnlyList<ReplyRule> Rules { get; init; } = [];
}
