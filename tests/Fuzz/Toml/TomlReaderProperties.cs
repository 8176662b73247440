using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Toml;
using Xunit;
using TestData = Relay.Tests.Support.TestData;

namespace Relay.Tests.Fuzz;

public sealed class TomlReaderProperties
{
    private static readonly string[] Tokens =
    [
        "a", "b", "a.b", "\"q\"", "'l'", "=", " = ", ".", ",", "[", "]", "[[", "]]", "{", "}", "\n", "\r\n", "\r", " ", "\t", "#", "# c\n",
        "\"", "'", "\"\"\"", "'''", "\\", "\\u00e9", "\\n", "1", "-1", "+", "_", "0x1F", "1e5", "1.5", "inf", "nan", "true", "false",
        "2026-11-21", "T", "08:00:00", "Z", "+01:00", "\0", "\u007f", "\u00e9", "\ufeff", "\ud83d\ude00", "\ud800",
    ];

    private static readonly string[] ValidDocuments =
        [.. Directory.EnumerateFiles(TestData.Path("toml-test", "valid"), "*.toml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    private static Gen<string> TokenText => Gen.Elements(Tokens).ListOf().Select(static tokens => string.Concat(tokens));

    private static Gen<object> Scalar => Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Select(static text => (object)Valid(text)),
        ArbMap.Default.GeneratorFor<long>().Select(static number => (object)number),
        ArbMap.Default.GeneratorFor<double>().Select(static number => (object)number),
        ArbMap.Default.GeneratorFor<bool>().Select(static boolean => (object)boolean),
        ArbMap.Default.GeneratorFor<DateTimeOffset>().Select(static instant => (object)instant),
        Gen.Choose(0, DateOnly.MaxValue.DayNumber).Select(static day => (object)DateOnly.FromDayNumber(day)),
        Gen.Choose(0, int.MaxValue).Select(static ticks => (object)new TimeOnly(ticks * 400L)));

    [Fact]
    public void Random_text_is_read_or_refused_in_good_order() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), static text => text is null || IsReadOrRefused(text)).QuickCheckThrowOnFailure();

    [Fact]
    public void Random_tokens_are_read_or_refused_in_good_order() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(TokenText.ToArbitrary(), static text => IsReadOrRefused(text)));

    [Fact]
    public void Random_bytes_are_read_or_refused_in_good_order() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), static bytes => bytes is null || Throws<TomlException>(() => TomlReader.Parse(bytes)) is null or TomlException)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Damaged_documents_are_read_or_refused_in_good_order()
    {
        var damaged =
            from document in Gen.Elements(ValidDocuments)
            from at in Gen.Choose(0, document.Length)
            from length in Gen.Choose(0, Math.Min(3, document.Length - at))
            from token in Gen.Elements(Tokens)
            select document.Remove(at, length).Insert(at, token);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(damaged.ToArbitrary(), static text => IsReadOrRefused(text)));
    }

    [Fact]
    public void What_is_written_is_read_again() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Table(3).ToArbitrary(), static table =>
        {
            var text = TomlDocumentWriter.Write(table);
            return Same(table, TomlReader.Parse(text)) && Same(table, TomlReader.Parse(Encoding.UTF8.GetBytes(text)));
        }));

    private static Gen<object> Value(int depth) => depth == 0
        ? Scalar
        : Gen.Frequency(
            (4, Scalar),
            (1, Value(depth - 1).ListOf(3).Select(static items => (object)items.ToArray())),
            (1, Table(depth - 1).Select(static table => (object)table)));

    private static Gen<IReadOnlyDictionary<string, object>> Table(int depth) =>
        from keys in ArbMap.Default.GeneratorFor<string>().ListOf(4)
        from values in Value(depth).ListOf(4)
        select (IReadOnlyDictionary<string, object>)keys.Select(Valid).Zip(values).DistinctBy(static pair => pair.First)
            .ToDictionary(static pair => pair.First, static pair => pair.Second);

    // Half surrogate pairs are no text that a document could hold.
    private static string Valid(string? text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? string.Empty));

    private static bool IsReadOrRefused(string text)
    {
        var fault = Throws<Exception>(() => TomlReader.Parse(text));
        return fault is null || (fault is TomlException { Line: >= 1, Column: >= 1 } toml && toml.Line <= text.Count(static c => c == '\n') + 1);
    }

    private static Exception? Throws<T>(Action action)
        where T : Exception
    {
        try
        {
            action();
            return null;
        }
        catch (T e)
        {
            return e;
        }
    }

    private static bool Same(object expected, TomlValue actual) => (expected, actual) switch
    {
        (IReadOnlyDictionary<string, object> table, TomlTable read) =>
            table.Count == read.Entries.Count && table.All(pair => read.TryGet(pair.Key, out var entry) && Same(pair.Value, entry.Value)),
        (IReadOnlyList<object> list, TomlArray read) => list.Count == read.Count && list.Zip(read).All(static pair => Same(pair.First, pair.Second)),
        (string text, TomlString read) => text == read.Value,
        (long number, TomlInteger read) => number == read.Value,
        (double number, TomlFloat read) => number.Equals(read.Value),
        (bool boolean, TomlBoolean read) => boolean == read.Value,
        (DateTimeOffset instant, TomlOffsetDateTime read) => read.TryGetInstant(out var value) && instant.EqualsExact(value.Value),
        (DateOnly date, TomlLocalDate read) => date == read.Value,
        (TimeOnly time, TomlLocalTime read) => time == read.Value,
        _ => false,
    };
}
