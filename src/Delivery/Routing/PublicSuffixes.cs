using System.Diagnostics.CodeAnalysis;
using Relay.Mail;

namespace Relay.Delivery;

/// <summary>Rules of the Public Suffix List: how much of a name belongs to a registry, and which part was registered.</summary>
/// <remarks>
/// The longest rule wins, an exception before all; without one the last label is the suffix. Names are compared as A-labels. Suffixes of
/// companies that let others live below their domains count as well: those are different receivers.
/// </remarks>
internal sealed class PublicSuffixes
{
    private static readonly Lazy<PublicSuffixes> LazyShipped = new(ReadShipped);

    private readonly HashSet<string> _rules = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wildcards = new(StringComparer.Ordinal);
    private readonly HashSet<string> _exceptions = new(StringComparer.Ordinal);

    private PublicSuffixes()
    {
    }

    /// <summary>The list that is part of the program.</summary>
    public static PublicSuffixes Shipped => LazyShipped.Value;

    public static PublicSuffixes Read(TextReader list)
    {
        var suffixes = new PublicSuffixes();
        while (list.ReadLine() is { } line)
        {
            var rule = line.Split([' ', '\t'], 2)[0];
            if (rule.Length > 0 && !rule.StartsWith("//", StringComparison.Ordinal))
            {
                suffixes.Add(rule);
            }
        }

        return suffixes;
    }

    /// <summary>The public suffix of a name and one label more.</summary>
    /// <returns>Null when the name is a public suffix itself, or no name.</returns>
    public string? RegistrableOf(string name)
    {
        if (!TryNormalize(name, out var ascii))
        {
            return null;
        }

        var labels = ascii.Split('.');
        var first = SuffixStart(labels);
        return first == 0 ? null : string.Join('.', labels[(first - 1)..]);
    }

    /// <summary>Index of the label with which the public suffix begins.</summary>
    private int SuffixStart(string[] labels)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            var suffix = string.Join('.', labels[i..]);
            if (_exceptions.Contains(suffix))
            {
                return i + 1;
            }

            if (_rules.Contains(suffix) || (i + 1 < labels.Length && _wildcards.Contains(string.Join('.', labels[(i + 1)..]))))
            {
                return i;
            }
        }

        return labels.Length - 1;
    }

    private void Add(string rule)
    {
        var (set, text) = rule switch
        {
            ['!', .. var exception] => (_exceptions, exception),
            ['*', '.', .. var wildcard] => (_wildcards, wildcard),
            _ => (_rules, rule),
        };
        if (TryNormalize(text, out var ascii))
        {
            set.Add(ascii);
        }
    }

    private static bool TryNormalize(string name, [NotNullWhen(true)] out string? ascii)
    {
        ascii = DomainName.TryParse(name, out var domain) ? domain.Ascii : null;
        return ascii is not null;
    }

    private static PublicSuffixes ReadShipped()
    {
        using var stream = typeof(PublicSuffixes).Assembly.GetManifestResourceStream("Relay.Delivery.public_suffix_list.dat")!;
        using var reader = new StreamReader(stream);
        return Read(reader);
    }
}
