/* SQL of people, their roles, sign-in links and failed sign-ins. */
#include "store/staff.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err staff_insert(struct tx *tx, const struct staff_row *s, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO staff (id, name, label, password, created_ms)"
                            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING");
    int64_t changed = 0;

    sql_int(q, s->id);
    sql_text(q, s->name);
    sql_text(q, s->label);
    sql_text(q, s->password[0] == '\0' ? NULL : s->password);
    sql_int(q, s->created_ms);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_EEXISTS, "somebody has the name %s; choose another", s->name);
    return rc;
}

/* Columns from 0: id, name, label, password, created, disabled. */
static void staff_row(struct sql *q, struct staff_row *out)
{
    const char *password = sql_get_text(q, 3);

    *out = (struct staff_row){
        .id = sql_get_int(q, 0), .created_ms = sql_get_int(q, 4), .disabled = !sql_is_null(q, 5)};
    (void)snprintf(out->name, sizeof out->name, "%s", sql_get_text(q, 1));
    (void)snprintf(out->label, sizeof out->label, "%s", sql_get_text(q, 2));
    (void)snprintf(out->password, sizeof out->password, "%s", password == NULL ? "" : password);
}

static enum assay_err staff_one(struct sql *q, struct staff_row *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        staff_row(q, out);
    sql_done(q);
    return rc;
}

enum assay_err staff_get(struct tx *tx, int64_t id, struct staff_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, name, label, password, created_ms, disabled_ms FROM staff"
                            " WHERE id = $1");

    sql_int(q, id);
    return staff_one(q, out, e);
}

enum assay_err staff_find(struct tx *tx, const char *name, struct staff_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, name, label, password, created_ms, disabled_ms FROM staff"
                            " WHERE name = $1");

    sql_text(q, name);
    return staff_one(q, out, e);
}

static enum assay_err changed_one(struct sql *q, struct err *e)
{
    int64_t changed = 0;
    enum assay_err rc = sql_run_done(q, &changed, e);

    return rc == ASSAY_OK && changed == 0 ? ASSAY_ENOTFOUND : rc;
}

enum assay_err staff_set_password(struct tx *tx, int64_t id, const char *password, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE staff SET password = $1 WHERE id = $2");

    sql_text(q, password);
    sql_int(q, id);
    return changed_one(q, e);
}

enum assay_err staff_set_disabled(struct tx *tx, int64_t id, int64_t disabled_ms, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE staff SET disabled_ms = $1 WHERE id = $2");

    sql_id(q, disabled_ms);
    sql_int(q, id);
    return changed_one(q, e);
}

enum assay_err staff_each(struct tx *tx, int64_t now_ms, staff_each_fn *fn, void *ctx,
                          struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.id, s.name, s.label, s.password, s.created_ms, s.disabled_ms,"
                            " (SELECT max(a.to_ms) FROM authorisation a WHERE a.staff_id = s.id"
                            " AND a.from_ms <= $1 AND a.to_ms > $2 AND a.revoked_ms IS NULL)"
                            " FROM staff s ORDER BY s.name");
    enum assay_err rc;

    sql_int(q, now_ms);
    sql_int(q, now_ms);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct staff_row s;
        staff_row(q, &s);
        if ((rc = fn(tx, ctx, &s, sql_get_int(q, 6), e)) != 0)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err staff_roles(struct tx *tx, int64_t staff_id, staff_role_fn *fn, void *ctx,
                           struct err *e)
{
    struct sql *q = sql(tx, "SELECT role FROM staff_role WHERE staff_id = $1");
    enum assay_err rc;

    sql_int(q, staff_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        fn(ctx, sql_get_text(q, 0));
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err staff_role_give(struct tx *tx, int64_t staff_id, const char *role, int64_t now_ms,
                               struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO staff_role (staff_id, role, granted_ms)"
                            " VALUES ($1, $2, $3) ON CONFLICT (staff_id, role) DO NOTHING");

    sql_int(q, staff_id);
    sql_text(q, role);
    sql_int(q, now_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err staff_role_take(struct tx *tx, int64_t staff_id, const char *role, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM staff_role WHERE staff_id = $1 AND role = $2");

    sql_int(q, staff_id);
    sql_text(q, role);
    return sql_run_done(q, NULL, e);
}

enum assay_err link_insert(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t staff_id,
                           int64_t expires_ms, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO signin_link (link_mac, staff_id, expires_ms)"
                            " VALUES ($1, $2, $3)");

    sql_blob(q, mac, STAFF_MAC_BYTES);
    sql_int(q, staff_id);
    sql_int(q, expires_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err link_find(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t now_ms,
                         int64_t *staff_id, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT staff_id FROM signin_link WHERE link_mac = $1 AND expires_ms > $2");

    sql_blob(q, mac, STAFF_MAC_BYTES);
    sql_int(q, now_ms);
    return sql_one_int(q, staff_id, e);
}

enum assay_err signin_failures(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES],
                               struct signin_failures *out, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT failed_count, locked_until_ms FROM signin_failure WHERE name_mac = $1");

    sql_blob(q, mac, STAFF_MAC_BYTES);
    enum assay_err rc = sql_one(q, e);
    *out = (struct signin_failures){0};
    if (rc == ASSAY_OK)
        *out = (struct signin_failures){sql_get_int(q, 0), sql_get_int(q, 1)};
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err signin_failed(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t now_ms,
                             int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO signin_failure (name_mac, failed_count, locked_until_ms,"
                            " failed_ms) VALUES ($1, 1, 0, $2) ON CONFLICT (name_mac) DO UPDATE"
                            " SET failed_count = signin_failure.failed_count + 1,"
                            " failed_ms = excluded.failed_ms RETURNING failed_count");

    sql_blob(q, mac, STAFF_MAC_BYTES);
    sql_int(q, now_ms);
    return sql_one_int(q, count, e);
}

enum assay_err signin_lock(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t until_ms,
                           struct err *e)
{
    struct sql *q = sql(tx, "UPDATE signin_failure SET locked_until_ms = $1 WHERE name_mac = $2");

    sql_int(q, until_ms);
    sql_blob(q, mac, STAFF_MAC_BYTES);
    return sql_run_done(q, NULL, e);
}

enum assay_err signin_succeeded(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM signin_failure WHERE name_mac = $1");

    sql_blob(q, mac, STAFF_MAC_BYTES);
    return sql_run_done(q, NULL, e);
}

enum assay_err signin_forget(struct tx *tx, int64_t before_ms, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM signin_failure WHERE failed_ms < $1");

    sql_int(q, before_ms);
    return sql_run_done(q, NULL, e);
}
