using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using Relay.Delivery;
using Relay.Dkim;
using Relay.Mail;
using Relay.Toml;

namespace Relay;

/// <summary>The types that settings may have.</summary>
internal static class SettingTypes
{
    private static readonly Dictionary<Type, SettingType> Known = new()
    {
        [typeof(bool)] = new(
            "true or false",
            static value => value is TomlBoolean boolean ? boolean.Value : null,
            static text => text switch { "true" => true, "false" => false, _ => null },
            static value => (bool)value ? "true" : "false"),
        [typeof(int)] = new(
            "a whole number",
            static value => value is TomlInteger { Value: >= int.MinValue and <= int.MaxValue } integer ? (int)integer.Value : null,
            static text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
            static value => ((int)value).ToString(CultureInfo.InvariantCulture)),
        [typeof(TrustedResolvers)] = new(
            "\"loopback\", \"none\" or a list of addresses",
            TrustedResolvers.FromToml,
            TrustedResolvers.FromText,
            static value => value.ToString()!),
        [typeof(string)] = SettingType.Text("a text, not empty and without control characters", PlainText),
        [typeof(Secret)] = SettingType.Text("a text, not empty and without control characters", static text => PlainText(text) is null ? null : new Secret(text)),
        [typeof(TimeSpan)] = SettingType.Text("a duration such as \"30s\", \"5m\", \"1h\" or \"5d\"", static text => Duration.TryParse(text), static value => Duration.Format((TimeSpan)value)),
        [typeof(ByteSize)] = SettingType.Text("a size such as \"512KiB\" or \"25MiB\"", static text => ByteSize.TryParse(text)),
        [typeof(Rate)] = SettingType.Text("a rate such as \"20/s\", \"100/m\", \"1000/h\" or \"10000/d\"", static text => Rate.TryParse(text)),
        [typeof(Rates)] = new(Rates.Allowed, Rates.FromToml, Rates.FromText, static value => value.ToString()!),
        [typeof(TrafficRate)] = SettingType.Text("a rate such as \"512KiB/s\", \"10MiB/s\" or \"2GiB/h\"", static text => TrafficRate.TryParse(text)),
        [typeof(Percent)] = SettingType.Text("a share such as \"10%\"", static text => Percent.TryParse(text)),
        [typeof(IPEndPoint)] = SettingType.Text("address and port such as \"127.0.0.1:2525\" or \"[::1]:25\"", Endpoint.TryParse),
        [typeof(IPAddress)] = SettingType.Text("an address such as \"192.0.2.1\" or \"2001:db8::1\"", Endpoint.TryParseAddress),
        [typeof(IPNetwork)] = SettingType.Text("a network such as \"192.0.2.0/24\" or \"2001:db8::/32\", host bits zero", static text => Endpoint.TryParseNetwork(text)),
        [typeof(HostPort)] = SettingType.Text("host and port such as \"smtp.example.com:587\"", HostPort.TryParse),
        [typeof(NextHop)] = new(NextHop.Allowed, NextHop.FromToml, NextHop.FromText, static value => ((NextHop)value).Format()),
        [typeof(SourceWeights)] = new(SourceWeights.Allowed, SourceWeights.FromToml, SourceWeights.FromText, static value => value.ToString()!),
        [typeof(DomainPattern)] = SettingType.Text("a domain such as \"example.com\", or \".example.com\" for all below it", DomainPattern.TryParse),
        [typeof(Uri)] = SettingType.Text("a URL such as \"https://mail.example.com\", without query", WebUrl),
        [typeof(DomainName)] = SettingType.Text("a host name such as \"relay.example.com\"", static text => DomainName.TryParse(text, out var name) ? name : null),
        [typeof(Mailbox)] = SettingType.Text("a mailbox such as \"postmaster@example.com\"", static text => Mailbox.TryParse(text, out var mailbox) ? mailbox : null),
        [typeof(Regex)] = SettingType.Text("a regular expression of at most 500 characters, without look-around and back-references", Pattern),
        [typeof(EnhancedPattern)] = SettingType.Text("an enhanced code of class 4 or 5 such as \"4.7.28\" or \"4.7.*\"", static text => EnhancedPattern.TryParse(text)),
        [typeof(DkimAlgorithm)] = Choice(("rsa", DkimAlgorithm.RsaSha256), ("ed25519", DkimAlgorithm.Ed25519Sha256)),
    };

    /// <summary>Null when the type is not a setting but a section.</summary>
    public static SettingType? Find(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return Known.GetValueOrDefault(plain) ?? (plain.IsEnum ? ChoiceOf(plain) : null);
    }

    /// <summary>The text, or null when it is empty or holds control characters, which no name, path or password needs.</summary>
    public static string? PlainText(string text) => text.Length > 0 && !text.Any(char.IsControl) ? text : null;

    // Run over what strangers write: matching takes time in proportion to the text, whatever the pattern.
    private static Regex? Pattern(string text)
    {
        const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
        try
        {
            return text.Length is > 0 and <= 500 ? new Regex(text, Options) : null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static Uri? WebUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        && url.Query.Length + url.Fragment.Length + url.UserInfo.Length == 0
            ? new Uri(text.TrimEnd('/'))
            : null;

    private static SettingType ChoiceOf(Type type) =>
        Choice([.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (SpellingOf(field), field.GetValue(null)!))]);

    private static string SpellingOf(FieldInfo field) => field.GetCustomAttribute<SpelledAttribute>()?.Text ?? field.Name.ToLowerInvariant();

    private static SettingType Choice(params (string Text, object Value)[] choices) =>
        SettingType.Text(
            string.Join(", ", choices[..^1].Select(static c => TomlText.Quote(c.Text))) + (choices.Length > 1 ? " or " : string.Empty) + TomlText.Quote(choices[^1].Text),
            text => Array.Find(choices, c => c.Text == text).Value,
            value => Array.Find(choices, c => c.Value.Equals(value)).Text);
}
