using System.Globalization;
using System.Reflection;
using Relay.Queue;
using Relay.Toml;

namespace Relay.Delivery;

/// <summary>The rules by which refusals are understood, in their order; a data file with a version.</summary>
internal sealed class BounceRules
{
    private static readonly Lazy<BounceRules> Own = new(() => Parse(ReadShipped()));

    private BounceRules(string version, IReadOnlyDictionary<string, BounceSubclass> subclasses, IReadOnlyList<BounceRule> rules)
    {
        Version = version;
        Subclasses = subclasses;
        All = rules;
    }

    /// <summary>Those that come with the program.</summary>
    public static BounceRules Shipped => Own.Value;

    public string Version { get; }

    public IReadOnlyDictionary<string, BounceSubclass> Subclasses { get; }

    public IReadOnlyList<BounceRule> All { get; }

    /// <exception cref="FormatException">The text is no rules file; the message says where and why.</exception>
    public static BounceRules Parse(string text)
    {
        try
        {
            var root = TomlReader.Parse(text);
            var fields = new RuleFields(root);
            var version = fields.Text("version");
            var subclasses = fields.Table("subclass").Entries
                .Select(entry => ReadSubclass(entry.Key, new RuleFields(AsTable(entry.Value))))
                .ToDictionary(subclass => subclass.Name, StringComparer.Ordinal);
            var rules = fields.Tables("rule").Select(table => ReadRule(new RuleFields(table), subclasses)).ToList();
            fields.Done();
            if (rules.GroupBy(rule => rule.Id).FirstOrDefault(group => group.Count() > 1) is { } twice)
            {
                throw new FormatException($"two rules are called '{twice.Key}'");
            }

            return subclasses.ContainsKey(BounceVerdict.Undefined)
                ? new BounceRules(version, subclasses, rules)
                : throw new FormatException($"there is no subclass '{BounceVerdict.Undefined}'");
        }
        catch (TomlException wrong)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    private static string ReadShipped()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("bounce-rules.toml")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static BounceSubclass ReadSubclass(string name, RuleFields fields)
    {
        var status = fields.Text("status").Split('.');
        var subclass = new BounceSubclass(
            name,
            fields.Text("class"),
            Enum.TryParse<FaultSide>(fields.Text("fault"), ignoreCase: true, out var fault) ? fault : throw new FormatException($"subclass '{name}': unknown fault"),
            fields.Flag("hard"),
            (int.Parse(status[0], CultureInfo.InvariantCulture), int.Parse(status[1], CultureInfo.InvariantCulture)),
            fields.Text("says"));
        fields.Done();
        return subclass;
    }

    private static BounceRule ReadRule(RuleFields fields, Dictionary<string, BounceSubclass> subclasses)
    {
        var id = fields.Text("id");
        var name = fields.Text("subclass");
        var rule = new BounceRule
        {
            Id = id,
            Subclass = subclasses.GetValueOrDefault(name) ?? throw new FormatException($"rule '{id}': there is no subclass '{name}'"),
            Text = [.. fields.Texts("text").Select(phrase => new BouncePhrase(phrase))],
            Without = [.. fields.Texts("without").Select(phrase => new BouncePhrase(phrase))],
            Raw = fields.Texts("raw"),
            Code = fields.Numbers("code"),
            Enhanced = [.. fields.Texts("enhanced").Select(ReadEnhanced)],
            Category = fields.Texts("category"),
            Host = fields.Texts("host"),
            Step = fields.Texts("step"),
            ReplyClass = fields.Numbers("class") is [var only] ? only : null,
            IsWeak = fields.Flag("weak"),
            IsDefinite = fields.Flag("definite"),
        };
        fields.Done();
        return rule.Text.Count + rule.Raw.Count + rule.Code.Count + rule.Enhanced.Count + rule.Category.Count > 0 ? rule : throw new FormatException($"rule '{id}' has no condition");
    }

    private static (int Subject, int Detail) ReadEnhanced(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var subject)
            && (parts[1] == "*" || int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? (subject, parts[1] == "*" ? -1 : int.Parse(parts[1], CultureInfo.InvariantCulture))
            : throw new FormatException($"'{text}' is no subject.detail of an enhanced code");
    }

    private static TomlTable AsTable(TomlValue value) => value as TomlTable ?? throw new FormatException($"{value.Position}: a table is expected, not {value.Kind}");
}
