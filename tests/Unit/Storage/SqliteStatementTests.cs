using Relay.Storage;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SqliteStatementTests : IDisposable
{
    private const string Echo = "SELECT ?";

    private readonly string _path = Path.Combine(Path.GetTempPath(), "relay-statement-" + Guid.NewGuid().ToString("N") + ".db");
    private readonly SqliteConnection _connection;

    public SqliteStatementTests() => _connection = SqliteConnection.OpenWriter(_path, 1 << 20);

    public void Dispose()
    {
        _connection.Dispose();
        File.Delete(_path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("Grüße 🎉 \0 behind")]
    public void Keeps_texts(string text)
    {
        using var query = _connection.Use(Echo).Bind(text);
        Assert.True(query.Read());
        Assert.False(query.IsNull(0));
        Assert.Equal(text.Split('\0')[0], query.NullableText(0)!.Split('\0')[0]);
    }

    [Theory]
    [InlineData(341)]
    [InlineData(342)]
    [InlineData(5000)]
    public void Keeps_texts_of_any_length(int length)
    {
        var text = new string('€', length);
        using var query = _connection.Use(Echo).Bind(text);
        Assert.True(query.Read());
        Assert.Equal(text, query.Text(0));
    }

    [Fact]
    public void Tells_null_from_empty()
    {
        using var query = _connection.UseOnce("SELECT ?, ?, ?, ?").Bind((string?)null).Bind(string.Empty).Bind(default(ReadOnlySpan<byte>)).BindNull();
        Assert.True(query.Read());
        Assert.Equal([true, false, false, true], Enumerable.Range(0, 4).Select(query.IsNull));
        Assert.Null(query.NullableText(0));
        Assert.Empty(query.Blob(2).ToArray());
    }

    [Fact]
    public void Keeps_numbers_and_times()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        using var query = _connection.UseOnce("SELECT ?, ?, ?").Bind(long.MinValue).Bind(at).Bind((DateTimeOffset?)null);
        Assert.True(query.Read());
        Assert.Equal((long.MinValue, at), (query.Int64(0), query.Time(1)));
        Assert.Null(query.NullableTime(2));
    }

    [Fact]
    public void Refuses_to_be_used_twice_at_once()
    {
        using var first = _connection.Use(Echo).Bind(1);
        Assert.Throws<InvalidOperationException>(() => _connection.Use(Echo));
    }

    [Fact]
    public void Does_not_begin_again_behind_its_end()
    {
        using var query = _connection.Use(Echo).Bind(1);
        Assert.True(query.Read());
        Assert.False(query.Read());
        Assert.False(query.Read());
    }

    [Fact]
    public void Can_be_used_again_after_an_error()
    {
        const string Fail = "SELECT abs(?)";
        Assert.Throws<SqliteException>(() => _connection.Use(Fail).Bind(long.MinValue).Run());
        using var query = _connection.Use(Fail).Bind(-3);
        Assert.True(query.Read());
        Assert.Equal(3, query.Int64(0));
    }

    [Fact]
    public void Loads_a_library_without_the_fault_of_a_log_reset_beside_a_checkpoint() =>
        Assert.True(new Version(3, 51, 3) <= new Version(SqliteLibrary.Version));
}
