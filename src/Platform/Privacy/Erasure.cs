using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Privacy;

/// <summary>One address to be found, and what takes its place.</summary>
public sealed class Erasure
{
    // Text in JSON and URLs may have an escape right before the address, which ends in letters or digits.
    // Return paths put the address behind + or - (bounce+jane=example.com@…); elsewhere these are part of another address.
    private const string Before = @"(?<=^|[+\-](?=[^@\s]*=)|[^\p{L}\p{N}._+\-]|\\u[0-9a-fA-F]{4}|\\[bfnrt]|%[0-9a-fA-F]{2})(?:";
    private const string Behind = @")(?![\p{L}\p{N}\-]|\.[\p{L}\p{N}])";

    private readonly Regex _mention;
    private readonly string[] _forms;

    /// <param name="accountId">Null: in all accounts.</param>
    public Erasure(Mailbox address, long? accountId, AddressHasher hasher)
    {
        Address = address;
        AccountId = accountId;
        Key = SuppressionKey.Of(address);
        Hash = hasher.Hash(address);
        Pseudonym = hasher.Pseudonym(address);
        SuppressionName = SuppressionKey.Of(hasher.SuppressionName(address));
        _forms = [.. Forms(address).Distinct(StringComparer.OrdinalIgnoreCase)];
        Patterns = [.. _forms.Select(Pattern)];
        _mention = new Regex(Before + string.Join('|', _forms.Select(Regex.Escape)) + Behind, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
    }

    public Mailbox Address { get; }

    public long? AccountId { get; }

    /// <summary>The address in the form in which addresses are compared (<see cref="SuppressionKey"/>).</summary>
    public string Key { get; }

    /// <summary>32 hexadecimal digits under a key of the server.</summary>
    public string Hash { get; }

    public string Pseudonym { get; }

    public string SuppressionName { get; }

    /// <summary>Patterns for SQL's LIKE with escape character \ that match every text that mentions the address, and some others.</summary>
    public IReadOnlyList<string> Patterns { get; }

    public bool Is(string address) => string.Equals(address, Key, StringComparison.OrdinalIgnoreCase);

    /// <summary>True when the text is or contains the address, as it is or escaped for JSON, a URL or a return path.</summary>
    public bool IsIn(string? text) => text is not null && _mention.IsMatch(text);

    /// <summary>True when the address is anywhere in a name that somebody made up, such as <c>welcome-jane@example.com</c>.</summary>
    public bool IsWithin(string? name) => name is not null && Array.Exists(_forms, form => name.Contains(form, StringComparison.OrdinalIgnoreCase));

    public string? Replace(string? text) => text is null ? null : _mention.Replace(text, Pseudonym);

    private static IEnumerable<string> Forms(Mailbox address)
    {
        var plain = address.ToString();
        var local = plain[..plain.LastIndexOf('@')];
        var domains = address.Domain is { } domain ? new[] { domain.Ascii, domain.Unicode } : [address.DomainText];
        foreach (var text in domains.SelectMany(name => new[] { $"{local}@{name}", $"{local}={name}" }))
        {
            yield return text;
            yield return JavaScriptEncoder.Default.Encode(text);
            yield return Uri.EscapeDataString(text);
        }
    }

    // SQLite folds the case of ASCII only.
    private static string Pattern(string form)
    {
        var pattern = new StringBuilder("%");
        foreach (var rune in form.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '%' or '_' or '\\' => pattern.Append('\\').Append((char)rune.Value),
                > 127 => pattern.Append('_'),
                _ => pattern.Append((char)rune.Value),
            };
        }

        return pattern.Append('%').ToString();
    }
}
