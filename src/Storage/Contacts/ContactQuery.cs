using System.Text;
using System.Text.Json;
using Relay.Platform.Contacts;

namespace Relay.Storage;

/// <summary>SQL for a filter: fixed words only, every value is bound.</summary>
internal sealed class ContactQuery
{
    private readonly StringBuilder _conditions = new(" WHERE m.list_id = ? AND m.account_id = ?");
    private readonly List<Action<SqliteStatement>> _values = [];

    public ContactQuery(long accountId, long bookId, ContactFilter filter)
    {
        Add(null, statement => statement.Bind(bookId).Bind(accountId));
        Add(filter.State is { } state ? " AND m.state = ?" : string.Empty, statement => _ = filter.State is { } some ? statement.Bind((long)some) : statement);
        AddSubscribed(filter.IsSubscribed);
        foreach (var tag in filter.Tags)
        {
            Add(" AND EXISTS (SELECT 1 FROM membership_tag g WHERE g.membership_id = m.id AND g.tag = ?)", statement => statement.Bind(tag));
        }

        foreach (var (name, value) in filter.Properties)
        {
            // A path would read dots and brackets in names as steps.
            Add(
                " AND EXISTS (SELECT 1 FROM json_each(m.properties) j WHERE j.key = ? AND j.value = ?)",
                statement => statement.Bind(name).Bind(value));
        }

        AddSearch(filter.Search);
        AddKeys(filter);
    }

    /// <param name="more">Conditions and order behind those of the filter, with <paramref name="values"/> for its parameters.</param>
    public SqliteStatement Use(SqliteConnection connection, string select, string more, params IReadOnlyList<long> values)
    {
        var statement = connection.UseOnce(select + _conditions + more);
        _values.ForEach(bind => bind(statement));
        foreach (var value in values)
        {
            statement.Bind(value);
        }

        return statement;
    }

    private void Add(string? condition, Action<SqliteStatement> bind)
    {
        _conditions.Append(condition);
        _values.Add(bind);
    }

    private void AddSubscribed(bool? isSubscribed)
    {
        if (isSubscribed is { } wanted)
        {
            _conditions.Append(wanted ? " AND m.state = 1 AND p.unsubscribed_at IS NULL" : " AND (m.state <> 1 OR p.unsubscribed_at IS NOT NULL)");
        }
    }

    private void AddSearch(string? search)
    {
        if (string.IsNullOrEmpty(search))
        {
            return;
        }

        var pattern = "%" + search.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
        Add(
            @" AND (m.address_key LIKE ? ESCAPE '\' OR m.first_name LIKE ? ESCAPE '\' OR m.last_name LIKE ? ESCAPE '\')",
            statement => statement.Bind(pattern).Bind(pattern).Bind(pattern));
    }

    private void AddKeys(ContactFilter filter)
    {
        if (filter.AddressKeys is { } keys)
        {
            Add(" AND m.address_key IN (SELECT value FROM json_each(?))", statement => statement.Bind(JsonSerializer.Serialize(keys)));
        }

        if (filter.Uids is { } uids)
        {
            var rows = string.Concat(uids.Select(uid => ", x'" + uid.ToString("N") + "'"));
            Add($" AND m.uid IN ({(rows.Length == 0 ? "NULL" : rows[2..])})", _ => { });
        }
    }
}
